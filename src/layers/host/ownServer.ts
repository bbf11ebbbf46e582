import { Effect } from "effect"
import type { networkInterfaces } from "node:os"
import { portOf, readServed } from "../serveFile.ts"
import type { Net } from "./protocol.ts"

/** Where this project's own server can be reached: with what a guest says there it would act as the user. */
export const ownServer = (file: string): Effect.Effect<Net["server"]> =>
  Effect.suspend(() => {
    const served = readServed(file)
    if (served === null || !URL.canParse(served.origin)) return Effect.succeed(null)
    const { hostname } = new URL(served.origin)
    const ports = [...new Set([portOf(served.origin), served.port ?? portOf(served.origin)])]
    return addressesOf(hostname.replace(/^\[|\]$/g, "")).pipe(Effect.map((addresses) => ({ ports, addresses })))
  })

/** All of this machine's, and those of the name that it is served by. */
const addressesOf = (name: string) =>
  Effect.promise(async () => {
    const [{ networkInterfaces }, { lookup }] = await Promise.all([import("node:os"), import("node:dns/promises")])
    const own = listed(networkInterfaces).flatMap((addresses) => addresses ?? [])
    const named = await lookup(name, { all: true }).catch(() => [])
    return [...own, ...named].map(({ address }) => address.replace(/%.*/, ""))
  })

/** Some containers may not ask: what listens at more than the addresses of its name asks for a token anyway. */
const listed = (interfaces: typeof networkInterfaces): ReadonlyArray<ReturnType<typeof networkInterfaces>[string]> => {
  try {
    return Object.values(interfaces())
  } catch {
    return []
  }
}
