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
  readonly isLive: boolean
  answer: Answer<unknown>
}

const resources = new Map<string, Resource>()
/** Pages that nobody looks at, kept for going back to them at once. */
const mostKept = 30

const makeResource = (path: string, isLive: boolean): Resource => {
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
    isLive,
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

const resourceAt = (path: string, isLive: boolean): Resource => {
  const known = resources.get(path)
  if (known !== undefined) return known
  const made = makeResource(path, isLive)
  resources.set(path, made)
  for (const [old, resource] of resources) {
    if (resources.size <= mostKept) break
    if (old !== path && !resource.isWatched()) resources.delete(old)
  }
  return made
}

/**
 * What the server answers at this path, anew whenever something has happened; or, if not live, when it is asked again.
 * While it is paused the last answer stays.
 */
export const useResource = <A>(path: string, { isLive = true, isPaused = false } = {}): Answer<A> => {
  const subscribe = useCallback(
    (listener: () => void) => (isPaused ? () => {} : resourceAt(path, isLive).subscribe(listener)),
    [path, isLive, isPaused],
  )
  return useSyncExternalStore(subscribe, () => resourceAt(path, isLive).answer) as Answer<A>
}

export const askAgain = (path: string): void => resources.get(path)?.refresh()

let timer: ReturnType<typeof setTimeout> | undefined

/** Asks for all that is on screen anew, once for many things that happen together. */
export const refreshSoon = (): void => {
  timer ??= setTimeout(() => {
    timer = undefined
    for (const resource of resources.values()) if (resource.isLive && resource.isWatched()) resource.refresh()
  }, 100)
}
