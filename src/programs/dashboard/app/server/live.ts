import { useSyncExternalStore } from "react"
import type { Hello, ProjectEvent } from "../../../../services/Events.ts"
import { refreshSoon } from "./resource.ts"
import { followRun } from "./runsUnderWay.ts"
import { makeSignal } from "./signal.ts"

let isGone = false
const connection = makeSignal()

const setGone = (gone: boolean): void => {
  if (gone === isGone) return
  isGone = gone
  connection.tell()
}

/** Whether the server has stopped telling what happens. */
export const useServerGone = (): boolean => useSyncExternalStore(connection.subscribe, () => isGone)

const on = (event: ProjectEvent | Hello): void => {
  followRun(event)
  if (event.type !== "line" && event.type !== "progress") refreshSoon()
}

let events: EventSource | null = null

/**
 * The browser tries again by itself, unless the server has answered that it doesn't want to. A tab that nobody sees lets
 * go: each stream holds one of the six connections that a browser has for a server, and the seventh tab would never load.
 */
const listen = (): void => {
  if (document.visibilityState !== "visible" || (events !== null && events.readyState !== EventSource.CLOSED)) return
  events = new EventSource("/api/events")
  events.addEventListener("open", () => {
    setGone(false)
    refreshSoon()
  })
  events.addEventListener("message", ({ data }: MessageEvent<string>) => on(JSON.parse(data)))
  events.addEventListener("error", () => {
    setGone(true)
    if (events?.readyState === EventSource.CLOSED) setTimeout(listen, 3_000)
  })
}

const look = (): void => void (document.visibilityState === "visible" && refreshSoon())

const onVisibility = (): void => {
  if (document.visibilityState !== "visible") events?.close()
  listen()
  look()
}

/** Keeps what is shown up to date: by what the server tells, and for what nobody tells by looking again. */
export const follow = (): void => {
  listen()
  document.addEventListener("visibilitychange", onVisibility)
  setInterval(look, 15_000)
}
