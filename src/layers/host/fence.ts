import { registerHooks } from "node:module"

/** What a guest must not reach; `--permission` leaves each of these open. */
const removed = [
  "_debugEnd",
  "_debugProcess",
  "_getActiveHandles",
  "_getActiveRequests",
  "_kill",
  "_linkedBinding",
  "_startProfilerIdleNotifier",
  "_stopProfilerIdleNotifier",
  "binding",
  "dlopen",
  "execve",
  "initgroups",
  "kill",
  "loadEnvFile",
  "report",
  "setegid",
  "seteuid",
  "setgid",
  "setgroups",
  "setuid",
]

/**
 * Takes from this process what its permissions leave in it, before any of the connector's code loads. From then on
 * only the bundle and the allowed builtins can be imported, by whichever way.
 */
export const closeFence = (bundle: string, builtins: ReadonlyArray<string>): void => {
  const allowed = new Set(builtins.map((name) => `node:${name}`))
  const has = Set.prototype.has.bind(allowed)
  const getBuiltinModule = process.getBuiltinModule.bind(process)

  for (const name of removed) hide(name, undefined)
  hide("getBuiltinModule", (id: string) =>
    has(`node:${String(id).replace(/^node:/, "")}`) ? getBuiltinModule(id) : undefined,
  )

  registerHooks({
    resolve(specifier, context, nextResolve) {
      const name = specifier.startsWith("node:") ? specifier : `node:${specifier}`
      if (has(name) || specifier === bundle) return nextResolve(specifier, context)
      throw new Error(`"${specifier}" cannot be imported by a connector`)
    },
  })
}

/** Some of these are accessors on the prototype: an own property in front of them is the end of both. */
const hide = (name: string, value: unknown): void => {
  for (
    let owner: object | null = process;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    if (Object.hasOwn(owner, name)) Object.defineProperty(owner, name, { value, configurable: false, writable: false })
  }
  if (value === undefined) return
  Object.defineProperty(process, name, { value, configurable: false, writable: false })
}
