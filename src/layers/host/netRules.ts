import { BlockList, isIP } from "node:net"
import { charCodeAt, indexOf, slice, toLowerCase } from "../formats/primordials.ts"

/** One host of `permissions.net`: `example.com`, `*.example.com`, `localhost:4000`, `10.0.0.7`, `[::1]:80`. */
export interface NetRule {
  /** Null allows every port. */
  readonly port: number | null
  /** The one name; or, with a dot in front, the end of all names below it. */
  readonly name: string
  readonly below: boolean
  /** Instead of a name. */
  readonly address: Addresses | null
}

/** `written` as the manifest's check leaves it: lower case, punycode, no dot at the end. */
export const netRule = (written: string): NetRule => {
  const [, host = "", digits] = /^(.*?)(?::(\d+))?$/.exec(written) ?? []
  const port = digits === undefined ? null : Number(digits)
  const bare = host.startsWith("[") ? host.slice(1, -1) : host
  const below = bare.startsWith("*.")
  const address = isIP(bare) === 0 ? null : new Addresses([bare])
  return { port, name: below ? bare.slice(1) : bare, below, address }
}

/** Whether the rule lets this host (a plain name or an address) be reached at this port. */
export const allows = (rule: NetRule, host: string, port: number): boolean => {
  const { address, name, below } = rule
  if (rule.port !== null && rule.port !== port) return false
  if (address !== null) return address.has(host)
  return below ? endsWith(host, name) : host === name
}

/** As rules have it. */
export const plainName = (host: string): string => {
  const last = host.length - 1
  return toLowerCase(last > 0 && charCodeAt(host, last) === 46 ? slice(host, 0, last) : host)
}

const uncurry = Function.prototype.bind.bind(Function.prototype.call) as unknown as <Result>(
  method: (address: string, family: "ipv4" | "ipv6") => Result,
) => (list: BlockList, address: string, family: "ipv4" | "ipv6") => Result
const check = uncurry(BlockList.prototype.check)
const addAddress = uncurry(BlockList.prototype.addAddress)
const versionOf = isIP

/** IPv4 addresses are found in their IPv6 form as well, and each however it is written. */
export class Addresses {
  readonly #list = new BlockList()

  constructor(addresses: ReadonlyArray<string>, networks: ReadonlyArray<readonly [string, number]> = []) {
    for (const address of addresses) this.add(address)
    for (const [network, bits] of networks) this.#list.addSubnet(network, bits, familyOf(network))
  }

  add(address: string): void {
    addAddress(this.#list, address, familyOf(address))
  }

  /** What is no address is in no list. */
  has(address: string): boolean {
    const zone = indexOf(address, "%")
    const bare = zone < 0 ? address : slice(address, 0, zone)
    return versionOf(bare) !== 0 && check(this.#list, bare, familyOf(bare))
  }
}

const familyOf = (address: string) => (versionOf(address) === 6 ? "ipv6" : "ipv4")

const inside = new Addresses(
  [],
  [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["::", 127],
    ["fc00::", 7],
    ["fe80::", 10],
  ],
)

/** Of this machine, or of a network that is not the Internet. */
export const isInside = (address: string): boolean => inside.has(address)

/** Names that no stranger's DNS answers for: that they lead inside is what they say. */
export const saysInside = (name: string): boolean => {
  if (indexOf(name, ".") < 0) return true
  for (let at = 0; at < insideEnds.length; at++) if (endsWith(name, insideEnds[at]!)) return true
  return false
}
const insideEnds = [".localhost", ".local", ".internal", ".lan", ".home.arpa"]

const endsWith = (text: string, end: string): boolean =>
  text.length > end.length && slice(text, text.length - end.length) === end
