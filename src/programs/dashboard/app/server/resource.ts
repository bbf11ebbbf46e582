import { useCallback, useSyncExternalStore } from "react"
import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"
import { askText, documentOf, read } from "./ask.ts"
import { makeSignal } from "./signal.ts"

/** What was answered last stays while the server refuses: `error` says that it is not the newest. */
export interface Answer<A> {
  readonly data: A | undefined
  readonly error: ErrorDocument | null
}

interface Resource {
  readonly subscribe: (listener: () => void) => () => void
  readonly refresh: () => void
  readonly isWatched: () => boolean
  answer: Answer<unknown>
}

const resources = new Map<string, Resource>()
/** Pages that nobody looks at, kept for going back to them at once. */
const mostKept = 30

const makeResource = (path: string): Resource => {
  const { subscribe, tell } = makeSignal()
  let watchers = 0
  let text = ""
  let isAsking = false
  let isStale = false
  const ask = async (): Promise<void> => {
    if (isAsking) return void (isStale = true)
    isAsking = true
    try {
      const answered = await askText(path)
      // What is the same as before draws nothing anew.
      if (answered !== text) resource.answer = { data: read(answered), error: null }
      else if (resource.answer.error !== null) resource.answer = { ...resource.answer, error: null }
      text = answered
    } catch (error) {
      resource.answer = { data: resource.answer.data, error: documentOf(error) }
    }
    isAsking = false
    tell()
    if (isStale) {
      isStale = false
      void ask()
    }
  }
  const resource: Resource = {
    answer: { data: undefined, error: null },
    isWatched: () => watchers > 0,
    refresh: () => void ask(),
    subscribe: (listener) => {
      watchers++
      if (watchers === 1) void ask()
      const unsubscribe = subscribe(listener)
      return () => {
        watchers--
        unsubscribe()
      }
    },
  }
  return resource
}

const resourceAt = (path: string): Resource => {
  const known = resources.get(path)
  if (known !== undefined) return known
  const made = makeResource(path)
  resources.set(path, made)
  for (const [old, resource] of resources) {
    if (resources.size <= mostKept) break
    if (old !== path && !resource.isWatched()) resources.delete(old)
  }
  return made
}

/** What the server answers at this path, anew whenever something has happened. */
export const useResource = <A>(path: string): Answer<A> => {
  const subscribe = useCallback((listener: () => void) => resourceAt(path).subscribe(listener), [path])
  return useSyncExternalStore(subscribe, () => resourceAt(path).answer) as Answer<A>
}

let timer: ReturnType<typeof setTimeout> | undefined

/** Asks for all that is on screen anew, once for many things that happen together. */
export const refreshSoon = (): void => {
  timer ??= setTimeout(() => {
    timer = undefined
    for (const resource of resources.values()) if (resource.isWatched()) resource.refresh()
  }, 100)
}
