import { defineConnector } from "@openislands/connector-kit"
import { readdir, readFile } from "node:fs/promises"
import { z } from "zod"

export default defineConnector({
  description: "Daily weather, from the CSV files that are dropped into a directory",
  config: z.object({ directory: z.string() }),
  outputs: {
    observations: { description: "one row a station and day, inserted when its file appears" },
    stations: { description: "what each station measured so far, replaced each sync" },
  },
  async sync(ctx) {
    const { directory } = ctx.config
    const files = (await readdir(directory)).filter((name) => name.endsWith(".csv")).toSorted()
    const all: Array<Observation> = []

    for (const file of files) {
      const observations = parse(await readFile(`${directory}/${file}`, "utf8"))
      all.push(...observations)
      // Files are named by month, so the newest one that was read tells which are new.
      if (typeof ctx.state.newest === "string" && file <= ctx.state.newest) continue
      const { inserted } = await ctx.insert("observations", observations)
      ctx.log(`${file}: ${inserted} observations`)
      ctx.state.newest = file
    }

    const byStation = Map.groupBy(all, ({ station }) => station)
    await ctx.replace("stations", [...byStation].map(summary))
  },
})

interface Observation {
  station: string
  date: string
  /** Millimetres. */
  precipitation: number
  /** Degrees Celsius. */
  temp_max: number
  temp_min: number
}

/** `station,date,precipitation,temp_max,temp_min`; no field is ever quoted in these files. */
const parse = (text: string): Array<Observation> =>
  text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [station = "", date = "", precipitation, temp_max, temp_min] = line.split(",")
      return {
        station,
        date,
        precipitation: Number(precipitation),
        temp_max: Number(temp_max),
        temp_min: Number(temp_min),
      }
    })

const summary = ([station, days]: [string, Array<Observation>]) => ({
  station,
  days: days.length,
  latest: days.at(-1)?.date,
  hottest: Math.max(...days.map(({ temp_max }) => temp_max)),
  coldest: Math.min(...days.map(({ temp_min }) => temp_min)),
  wet_days: days.filter(({ precipitation }) => precipitation > 0).length,
})
