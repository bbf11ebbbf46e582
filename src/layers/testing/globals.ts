import { AsyncLocalStorage } from "node:async_hooks"

/** What the global names stand for while a connector is tested. */
export interface Stubs {
  readonly fetch: typeof globalThis.fetch
  /** Null: the time is the real one. */
  readonly now: (() => number) | null
}

/** Tests at the same time each have their own: whoever calls belongs to one of them, or to none. */
const stubs = new AsyncLocalStorage<Stubs>()
let running = 0
let restore: () => void = () => {}

/** Runs with `fetch` and the time replaced for all that it calls, and for nobody else. */
export const withStubs = async <A>(own: Stubs, run: () => Promise<A>): Promise<A> => {
  if (running++ === 0) restore = install()
  try {
    return await stubs.run(own, run)
  } finally {
    if (--running === 0) restore()
  }
}

const install = (): (() => void) => {
  const { fetch, Date: RealDate } = globalThis
  const now = (): number => stubs.getStore()?.now?.() ?? RealDate.now()
  globalThis.fetch = (...request) => (stubs.getStore()?.fetch ?? fetch)(...request)
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, as): object =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, as === globalThis.Date ? target : as),
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
  })
  return () => {
    globalThis.fetch = fetch
    globalThis.Date = RealDate
  }
}
