import { useSyncExternalStore } from "react"
import { makeSignal } from "../server/signal.ts"

const { subscribe, tell } = makeSignal()
let now = Date.now()

setInterval(() => {
  now = Date.now()
  tell()
}, 5_000)

/** Epoch milliseconds, a few seconds behind at most. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now)
