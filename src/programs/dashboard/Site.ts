import { Context } from "effect"
import { isIP } from "node:net"
import type { Access } from "./access.ts"

/** Where this server is found, by which names, and who may come in. */
export class Site extends Context.Service<
  Site,
  {
    /** What people open and providers send browsers back to: `http://127.0.0.1:4321`. */
    readonly origin: string
    /** Whether a request that was sent to this `Host` was meant for us. */
    readonly isOurs: (host: string) => boolean
    /** Null where no token is asked for. */
    readonly access: Access | null
  }
>()("openislands/programs/dashboard/Site") {}

export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || /^127(\.\d{1,3}){3}$/.test(hostname) || /^\[?::1\]?$/.test(hostname)

/** `http://127.0.0.1:4321`, `http://[::1]:4321` */
export const originOf = (host: string, port: number): string =>
  new URL(`http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`).origin

/**
 * Any page can have a name of its own lead to this machine, and then passes for the same site to the browser (DNS
 * rebinding). So only names count that nobody else can own: those of loopback, the one that is served under, and, where
 * other machines are served, addresses.
 */
export const ownHosts = (origin: string, listens: string): ((host: string) => boolean) => {
  const served = new URL(origin).hostname
  const isOpen = !isLoopback(listens)
  return (host) => {
    if (!/^[\w.:[\]-]+$/.test(host)) return false
    const hostname = URL.parse(`http://${host}`)?.hostname
    if (hostname === undefined) return false
    if (isLoopback(hostname) || hostname === served) return true
    return isOpen && (hostname === listens.toLowerCase() || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0)
  }
}
