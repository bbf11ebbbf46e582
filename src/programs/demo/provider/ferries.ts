import { chance, oneOf } from "./chance.ts"
import { type Clock, hour, iso, minute } from "./clock.ts"
import { revisedSince } from "./revised.ts"

const routes = [
  ["North Pier", "Skerry"],
  ["Old Harbour", "Out Isle"],
  ["Skerry Sound", "North Pier"],
] as const
const vessels = ["Arctic Tern", "Kittiwake", "Puffin", "Storm Petrel"] as const
const every = 4 * minute
/** How long before it leaves a departure is told of; and how old the first of them are when the demo starts. */
const ahead = 3 * hour
const mostDelay = 25

/** Each departure as it is known now, those that were revised after `updated_since`, in the order of that. */
export const ferries = ({ start, now }: Clock, query: URLSearchParams) => {
  const known: Array<{ readonly updated_at: string }> = []
  for (let planned = start - ahead; planned - ahead <= now; planned += every) {
    for (const [route] of routes.entries()) known.push(departureOf(Math.floor(planned / every) * every, route, now))
  }
  const { rows, next_cursor } = revisedSince(known, query, 20)
  return { departures: rows, next_cursor }
}

/** A delay shows half an hour before, becomes longer, and in the end the passengers are counted. */
const departureOf = (planned: number, route: number, now: number) => {
  const [harbour, to] = routes[route]!
  const id = `${harbour.split(" ")[0]!.toLowerCase()}-${planned / every}`
  const delay = chance("late", id) < 0.35 ? 3 + Math.floor(chance("delay", id) * (mostDelay - 3)) : 0
  const steps = [
    { at: planned - ahead, delay: 0, status: "scheduled" },
    { at: planned - 30 * minute, delay: Math.ceil(delay / 2), status: "delayed" },
    { at: planned - 8 * minute, delay, status: "delayed" },
    { at: planned + delay * minute, delay, status: "departed" },
  ].filter(({ status }) => delay > 0 || status !== "delayed")
  const step = steps.findLast(({ at }) => at <= now) ?? steps[0]!
  return {
    id,
    harbour,
    to,
    vessel: oneOf(vessels, "vessel", id),
    planned: iso(planned),
    expected: iso(planned + step.delay * minute),
    status: step.status,
    passengers: step.status === "departed" ? Math.floor(20 + 180 * chance("passengers", id)) : null,
    updated_at: iso(step.at),
  }
}
