/** Rows at a time, in the connector as in the thread beside it. */
export const batch = 10_000

/** A module of JavaScript: eight columns, of which one needs quotes now and then, and one is null now and then. */
export const generator = `export const batchOf = (from, count, seed) => {
  const rows = []
  for (let at = from; at < from + count; at++) {
    rows.push({
      id: at,
      name: "person " + ((at * 7919 + seed) % 100_000),
      city: at % 10 === 0 ? "Springfield, " + (at % 50) : "Town " + (at % 1000),
      amount: ((at * 31 + seed) % 1_000_000) / 100,
      active: at % 3 === 0,
      day: "2025-" + ("" + (101 + (at % 12))).slice(1) + "-" + ("" + (101 + (at % 28))).slice(1),
      at: "2025-06-15T12:" + ("" + (100 + (at % 60))).slice(1) + ":" + ("" + (100 + (seed % 60))).slice(1) + "Z",
      note: at % 4 === 0 ? null : "note " + (at % 500),
    })
  }
  return rows
}
`

/** What syncs after the first one do. */
export type Then = "replace" | "hundred" | "upsert"
/** Rows of a sync that upserts: every tenth is new, the others are spread over what is there. */
export const upserted = 1000

/** Its first sync inserts so many rows; those that follow replace all of them, insert a hundred, or upsert. */
export const connector = (
  first: number,
  then: Then,
): string => `import { defineConnector } from "@openislands/connector-kit"
import { batchOf } from "./rows.js"
export default defineConnector({
  description: "Generated rows",
  outputs: { rows: { key: "id" } },
  async sync(ctx) {
    const done = ctx.state.done ?? 0
    ctx.state.done = done + 1
    if (done > 0 && ${then === "hundred"}) return void (await ctx.insert("rows", batchOf(done, 100, 3)))
    if (done > 0 && ${then === "upsert"}) {
      const idOf = (at) => (at % 10 === 0 ? ${first} + at : Math.floor((at * ${first}) / ${upserted}))
      return void (await ctx.upsert("rows", batchOf(0, ${upserted}, 5).map((row, at) => ({ ...row, id: idOf(at) }))))
    }
    if (done > 0) await ctx.replace("rows", [])
    for (let at = 0; at < ${first}; at += ${batch}) await ctx.insert("rows", batchOf(at, ${batch}, done + 1))
  },
})
`
