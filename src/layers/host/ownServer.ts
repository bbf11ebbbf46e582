import { Effect } from "effect"
import { readServed } from "../serveFile.ts"
import type { Net } from "./protocol.ts"

/** Where this project's own server can be reached: with what a guest says there it would act as the user. */
export const ownServer = (file: string): Effect.Effect<Net["server"]> =>
  Effect.suspend(() => {
    const served = readServed(file)
    if (served === null || !URL.canParse(served.origin)) return Effect.succeed(null)
    const { hostname, port, protocol } = new URL(served.origin)
    return addressesOf(hostname.replace(/^\[|\]$/g, "")).pipe(
      Effect.map((addresses) => ({ port: Number(port || (protocol === "https:" ? 443 : 80)), addresses })),
    )
  })

/** All of this machine's, and those of the name that it is served by. */
const addressesOf = (name: string) =>
  Effect.promise(async () => {
    const [{ networkInterfaces }, { lookup }] = await Promise.all([import("node:os"), import("node:dns/promises")])
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    const named = await lookup(name, { all: true }).catch(() => [])
    return [...own, ...named].map(({ address }) => address.replace(/%.*/, ""))
  })
