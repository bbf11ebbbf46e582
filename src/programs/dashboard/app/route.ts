import { useSyncExternalStore } from "react"
import { segments } from "./server/ask.ts"

/** The parts of the address behind `#/`: one page is served, and shows what these name. */
export type Route = ReadonlyArray<string>

const subscribe = (listener: () => void): (() => void) => {
  addEventListener("hashchange", listener)
  return () => removeEventListener("hashchange", listener)
}

export const useRoute = (): Route => {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return hash
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .map(decoded)
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const linkTo = (...parts: ReadonlyArray<string>): string => `#/${segments(...parts)}`
