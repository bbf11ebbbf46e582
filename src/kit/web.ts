/**
 * The parts of the web's API that the kit uses. Authors may have DOM's types, Node's, or neither, so the kit asks for
 * none of them; whatever any of them calls a fetch or a response fits these.
 */
export type AnyFetch = (url: string, init?: any) => Promise<WebResponse>

export interface WebResponse {
  readonly ok: boolean
  readonly status: number
  readonly url: string
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}

export interface WebUrl {
  readonly href: string
  readonly origin: string
  readonly pathname: string
  readonly searchParams: {
    get(name: string): string | null
    set(name: string, value: string): void
    keys(): Iterable<string>
  }
}

export interface WebSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: "abort", listener: () => void): void
  removeEventListener(type: "abort", listener: () => void): void
}

interface Globals {
  readonly URL: new (url: string, base?: string) => WebUrl
  readonly setTimeout: (run: () => void, milliseconds: number) => unknown
  readonly clearTimeout: (timer: unknown) => void
  readonly performance: { now(): number }
}

/** Wherever fetch is, these are. */
export const web = globalThis as unknown as Globals
