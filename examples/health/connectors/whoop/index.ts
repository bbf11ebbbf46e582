import { defineConnector } from "@openislands/connector-kit"
import { z } from "zod"
import { auth, day, puller } from "./api.ts"
import { type Cursor, fromOf, untaken } from "./cursor.ts"
import { recovery, type Sleep, sleep, type Workout, workout } from "./records.ts"

export default defineConnector({
  description: "Whoop recovery, sleep, and workouts",
  config: z.object({
    lookbackDays: z.number().int().positive().default(30).describe("how far back each sync looks"),
    since: z.iso.date().optional().describe("the first day of sleep and workouts; all that Whoop has by default"),
  }),
  schedule: "6h",
  auth,
  outputs: {
    recovery: { description: "recovery of the last days, replaced each sync", schema: recovery },
    sleep: { description: "sleeps and naps, inserted by cursor once they are scored", schema: sleep },
    workouts: { description: "workouts, inserted by cursor once they are scored", schema: workout },
  },
  async sync(ctx) {
    const { lookbackDays, since } = ctx.config
    const pull = puller(ctx)

    await ctx.replace("recovery", await pull("recovery", Date.now() - lookbackDays * day))

    const cursorOf = (output: string): Cursor =>
      (ctx.state[output] as Cursor | undefined) ?? {
        from: since === undefined ? null : `${since}T00:00:00Z`,
        taken: {},
      }
    const insertNew = async (output: "sleep" | "workouts", records: ReadonlyArray<Sleep | Workout>) => {
      const { fresh, next } = untaken(records, cursorOf(output), lookbackDays)
      await ctx.insert(output, fresh)
      ctx.state[output] = next
      ctx.log(`${output}: ${records.length} pulled, ${fresh.length} new`)
    }
    await insertNew("sleep", await pull("activity/sleep", fromOf(cursorOf("sleep"))))
    await insertNew("workouts", await pull("activity/workout", fromOf(cursorOf("workouts"))))
  },
})
