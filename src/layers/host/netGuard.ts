import type { LookupAddress } from "node:dns"
import { isIP, Socket } from "node:net"
import { append, getIn, isArray, newMap, setIn } from "../formats/primordials.ts"
import { hide } from "./hide.ts"
import { Addresses, allows, isInside, netRule, plainName, saysInside } from "./netRules.ts"
import type { Net } from "./protocol.ts"

/** What a guest wanted to reach and may not: by its code as Node's own permissions have it, its message says the way on. */
export class NotGranted extends Error {
  readonly code = "ERR_ACCESS_DENIED"
  readonly permission = "Net"
  /** What `permissions.net` would have to name; null where nothing helps. */
  readonly resource: string | null

  constructor(message: string, resource: string | null) {
    super(message)
    this.resource = resource
  }
}

const { apply } = Reflect
const { assign, create } = Object
const { nextTick } = process
const toText = String
const toNumber = Number
const versionOf = isIP
/** -EPERM, as libuv has it. */
const notPermitted = -1

/** However many of them there are, and by whatever name of none. */
const thisMachine = [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["::", 127],
] as const

let isOwn: (address: unknown, port: unknown) => boolean = () => false

/**
 * Leaves of the network what the manifest grants, and never this project's own server. Names are checked where a socket
 * is told to connect, which is before anybody is asked for their addresses. Addresses are checked where the system is
 * called, past which nothing leads: only those go that a granted name had when we asked. To be called before any of the
 * connector's code loads.
 */
export const closeNetwork = ({ connector, hosts, server }: Net): void => {
  if (hosts === null && server === null) return
  if (server !== null) {
    const own = new Addresses(server.addresses, thisMachine)
    const isOwnPort = (port: unknown): boolean => {
      for (let at = 0; at < server.ports.length; at++) if (server.ports[at] === port) return true
      return false
    }
    isOwn = (address, port) => isOwnPort(port) && typeof address === "string" && own.has(address)
  }
  const known = new KnownAddresses()

  const tcp = tcpPrototype()
  for (const name of ["connect", "connect6"]) {
    const connect = tcp[name]!
    hide(tcp, name, function (this: unknown, request: unknown, address: unknown, port: unknown) {
      const [to, at] = [toText(address), toNumber(port)]
      if (isOwn(to, at) || (hosts !== null && !known.has(to, at))) return notPermitted
      return apply(connect, this, [request, to, at])
    })
  }
  if (hosts === null) return
  // Who cannot call out must not be called, either.
  for (const name of ["bind", "bind6", "listen"]) hide(tcp, name, () => notPermitted)

  const rules = hosts.map(netRule)
  const isGranted = (host: string, port: number): boolean => {
    for (let at = 0; at < rules.length; at++) if (allows(rules[at]!, host, port)) return true
    return false
  }
  const of = connector === null ? "" : ` of connector "${connector}"`
  const refusal = (what: string, host: string, port: number) => {
    const name = versionOf(host) === 6 ? `[${host}]` : host
    // No more than it needs: a machine has other doors.
    const grant = port === 443 || port === 80 ? name : `${name}:${port}`
    return new NotGranted(`${what}: add "${grant}" to permissions.net${of} in manifest.json`, grant)
  }

  /** Asks for the addresses of that one name, whatever it is called with. */
  const { lookup } = process.getBuiltinModule("node:dns")
  const lookupOf = (name: string, port: number) => (_name: unknown, options: LookupOptions, answer: Answer) => {
    lookup(name, { all: true, family: options.family ?? 0, hints: options.hints ?? 0 }, (error, found) => {
      if (error !== null) return answer(error)
      const kept: Array<LookupAddress> = []
      for (let at = 0; at < found.length; at++) {
        const one = found[at]!
        if (isInside(one.address) && !saysInside(name) && !isGranted(one.address, port)) continue
        known.add(one.address, port)
        append(kept, one)
      }
      const first = kept[0]
      if (first !== undefined)
        return options.all === true ? answer(null, kept) : answer(null, first.address, first.family)
      const leadsTo = found[0]?.address ?? ""
      answer(refusal(`"${name}" leads to ${leadsTo}, which is no address of the Internet`, leadsTo, port))
    })
  }

  const { connect } = Socket.prototype as unknown as { readonly connect: (...given: ReadonlyArray<unknown>) => unknown }
  hide(Socket.prototype, "connect", function (this: Socket, ...given: ReadonlyArray<unknown>) {
    const { options, callback } = connectArguments(given)
    // A socket in the file system is refused where the system is called.
    if (options["path"] === undefined) {
      const host = plainName(options["host"] ? toText(options["host"]) : "localhost")
      const port = toNumber(options["port"])
      if (!isGranted(host, port)) {
        const error = refusal(`"${host}" is out of the connector's reach (port ${port})`, host, port)
        // A turn later, as other errors come: TLS goes on with its socket first.
        nextTick(() => this.destroy(error))
        return this
      }
      options["host"] = host
      options["port"] = port
      if (versionOf(host) === 0) options["lookup"] = lookupOf(host, port)
      else known.add(host, port)
    }
    return apply(connect, this, [options, callback])
  })
}

/** If that is why a call failed. */
export const refusalOf = (thrown: unknown, depth = 0): NotGranted | null => {
  if (thrown instanceof NotGranted) return thrown
  if (!(thrown instanceof Error) || depth === 4) return null
  const { syscall, code, address, port, cause, errors } = thrown as ConnectError
  if (syscall === "connect" && code === "EPERM" && isOwn(address, port)) {
    return new NotGranted(`${address}:${port} is this project's own server, which no connector may reach`, null)
  }
  return refusalOf(cause, depth + 1) ?? refusalOf(isArray(errors) ? errors[0] : null, depth + 1)
}

interface ConnectError extends Error {
  readonly syscall?: unknown
  readonly code?: unknown
  readonly address?: unknown
  readonly port?: unknown
  readonly errors?: unknown
}

interface LookupOptions {
  readonly all?: boolean
  readonly family?: 0 | 4 | 6
  readonly hints?: number
}
type Answer = (error: Error | null, found?: string | ReadonlyArray<LookupAddress>, family?: number) => void

/** What granted names have led to, port by port. */
class KnownAddresses {
  readonly #byPort = newMap<number, Addresses>()

  add(address: string, port: number): void {
    const addresses = getIn(this.#byPort, port) ?? new Addresses([])
    addresses.add(address)
    setIn(this.#byPort, port, addresses)
  }

  has(address: string, port: number): boolean {
    return getIn(this.#byPort, port)?.has(address) ?? false
  }
}

/** As `net.Socket` takes them; the options are a copy, so that nobody changes them once they have been checked. */
const connectArguments = (given: ReadonlyArray<unknown>) => {
  // Node's own callers have them in one list already.
  const [first, second] = isArray(given[0]) ? given[0] : given
  const last = isArray(given[0]) ? second : given[given.length - 1]
  const options: Record<string, unknown> = create(null)
  if (typeof first === "object" && first !== null) assign(options, first)
  else if (typeof first === "string" && !(toNumber(first) >= 0)) options["path"] = first
  else assign(options, { port: first, host: typeof second === "string" ? second : undefined })
  return { options, callback: typeof last === "function" ? last : undefined }
}

/** Whose methods call the system. A socket that is told to connect makes one of them at once, and connects a turn later. */
const tcpPrototype = (): Record<string, (...given: ReadonlyArray<unknown>) => unknown> => {
  const socket = new Socket()
  socket.connect({ host: "127.0.0.1", port: 1 })
  const { _handle: handle } = socket as unknown as { readonly _handle: object }
  socket.destroy()
  return Object.getPrototypeOf(handle)
}
