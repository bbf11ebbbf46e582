import { registerHooks } from "node:module"
import { hide } from "./hide.ts"
import { closeNetwork } from "./netGuard.ts"
import type { Job } from "./protocol.ts"

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
export const closeFence = ({ bundle, builtins, net }: Pick<Job, "bundle" | "builtins" | "net">): void => {
  const allowed = new Set(builtins.map((name) => `node:${name}`))
  const has = Set.prototype.has.bind(allowed)
  const getBuiltinModule = process.getBuiltinModule.bind(process)

  closeNetwork(net)
  for (const name of removed) hide(process, name, undefined)
  // No method of a text is called here: the connector may have replaced it.
  hide(process, "getBuiltinModule", (id: unknown) =>
    typeof id === "string" && (has(id) || has(`node:${id}`)) ? getBuiltinModule(id) : undefined,
  )
  closeSocketFiles()

  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (has(specifier) || has(`node:${specifier}`) || specifier === bundle) return nextResolve(specifier, context)
      throw new Error(`"${specifier}" cannot be imported by a connector`)
    },
  })
}

/**
 * Permissions know nothing of sockets in the file system: whoever listens there (Docker does) would be reached, and a
 * server of the guest's own would put a file anywhere. Such a socket fails as if the system had refused it.
 */
const closeSocketFiles = (): void => {
  const { _handle: pipe } = process.stdout as unknown as { readonly _handle: object }
  for (const name of ["bind", "connect", "listen"]) hide(Object.getPrototypeOf(pipe), name, () => notPermitted)
}
/** -EPERM, as libuv has it. */
const notPermitted = -1
