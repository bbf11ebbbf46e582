import { defineConnector } from "@openislands/connector-kit"
import { z } from "zod"
import { auth, type Collections, day, newestOf, puller } from "../whoop/api.ts"
import { recovery, sleep, workout } from "../whoop/records.ts"

export default defineConnector({
  description: "Whoop recovery, sleep, and workouts, as Whoop has them now",
  config: z.object({
    lookbackDays: z.number().int().positive().default(30).describe("how far back each sync looks"),
    since: z.iso.date().optional().describe("the first day; all that Whoop has by default"),
  }),
  schedule: "6h",
  auth,
  outputs: {
    recovery: { description: "one row a recovery, upserted", key: "cycle_id", schema: recovery },
    sleep: { description: "one row a sleep or nap, upserted", key: "id", schema: sleep },
    workouts: { description: "one row a workout, upserted", key: "id", schema: workout },
  },
  async sync(ctx) {
    const { lookbackDays, since } = ctx.config
    const pull = puller(ctx)

    /** What began later than `lookbackDays` before the newest record so far: all that may be new, late or revised. */
    const recent = async <Path extends keyof Collections>(path: Path) => {
      const first = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since)
      const newest = ctx.state[path] === undefined ? first : Date.parse(ctx.state[path] as string)
      const records = await pull(path, Math.max(first, newest - lookbackDays * day))
      const latest = newestOf(records, newest)
      if (latest > newest) ctx.state[path] = new Date(latest).toISOString()
      return records
    }
    await ctx.upsert("recovery", await recent("recovery"))
    await ctx.upsert("sleep", await recent("activity/sleep"))
    await ctx.upsert("workouts", await recent("activity/workout"))
  },
})
