import { chance } from "./chance.ts"
import { type Clock, hour, iso, second } from "./clock.ts"

const stations = ["North Pier", "Old Harbour", "Skerry Sound"]
const every = 5 * second
const before = 4 * hour
/** Points in time of one page. */
const page = 300

/** What was measured after `since`, oldest first. A page's cursor is where the next one begins. */
export const tides = ({ start, now }: Clock, query: URLSearchParams) => {
  const since = Date.parse(query.get("since") ?? "")
  const first = Number.isNaN(since) ? start - before : (Math.floor(since / every) + 1) * every
  const from = Number(query.get("cursor") ?? first)
  const to = Math.min(from + page * every, Math.floor(now / every) * every + every)
  const readings: Array<unknown> = []
  for (let at = from; at < to; at += every) {
    for (const [index, station] of stations.entries()) {
      readings.push({ station, measured_at: iso(at), level_cm: levelOf(at, index) })
    }
  }
  return { readings, next_cursor: to <= now ? String(to) : null }
}

/** High water each 12 hours and 25 minutes, a little later from station to station, with some wind. */
const levelOf = (at: number, station: number): number => {
  const turn = (2 * Math.PI * at) / (12.42 * hour)
  return Math.round(240 + 160 * Math.sin(turn - station / 3) + 12 * chance("wind", station, at))
}
