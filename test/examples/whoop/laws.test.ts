import { testConnector } from "@openislands/connector-kit/testing"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import inserting from "../../../examples/health/connectors/whoop/index.ts"
import revising from "../../../examples/health/connectors/whoop-revised/index.ts"
import { type Account, pageOf } from "./answers.ts"
import { type Held, inserted, nothing, shown } from "./expected.ts"
import { hour, isoAt, life } from "./life.ts"

const began = Date.UTC(2026, 0, 1)
const lookbackDays = 7

interface Step {
  /** Since the one before. */
  readonly hours: number
  /** What happens to the nth request of the sync; nothing if it has fewer. */
  readonly fate: "busy" | "expired" | "dead"
  readonly nth: number
  /** Afterwards everything goes back to what it was before so many successful syncs. */
  readonly undone: number
}

const step: fc.Arbitrary<Step> = fc.record({
  hours: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 12, max: 240 })),
  fate: fc.constantFrom("busy", "expired", "dead"),
  nth: fc.integer({ min: 0, max: 15 }),
  undone: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) }),
})

const steps = fc.array(step, { minLength: 2, maxLength: 20 })

/** Answers of the account, but for one request. */
const answering = (account: Account, at: number, { fate, nth }: Step) => {
  let number = 0
  return ({ url, headers }: Request) => {
    if (number++ === nth) {
      if (fate === "dead") return { status: 400, body: { message: "no" } }
      if (fate === "busy") return { status: 429, headers: { "retry-after": "30" } }
      return { status: 401 }
    }
    assert.match(headers.get("authorization") ?? "", /^Bearer (old|new)$/)
    const page = pageOf(account, new URL(url), at)
    return page === null ? { status: 400 } : { body: page }
  }
}

interface Project {
  readonly state: Record<string, unknown>
  readonly rows: Readonly<Record<keyof Held, ReadonlyArray<any>>>
  readonly held: Held
}

const fresh: Project = { state: {}, rows: { recovery: [], sleep: [], workouts: [] }, held: nothing }

/** A life's syncs one after the other; after each the datasets are what they have to be. */
const lives =
  (sync: (before: Project, account: Account, at: number, one: Step) => Promise<Project | null>) =>
  async (account: Account, all: ReadonlyArray<Step>): Promise<void> => {
    const projects = [fresh]
    let at = 0
    for (const one of all) {
      at += one.hours
      const before = projects.at(-1)!
      const after = await sync(before, account, at, one)
      if (after !== null) {
        for (const output of ["recovery", "sleep", "workouts"] as const) {
          const rows = after.rows[output].toSorted(byKey)
          assert.deepEqual(rows, [...after.held[output].values()].toSorted(byKey), `${output} after ${at} h`)
        }
        projects.push(after)
      }
      projects.splice(Math.max(1, projects.length - one.undone))
    }
  }

const keyOf = (row: any): string => String(row.id ?? row.cycle_id)
const byKey = (one: object, other: object): number => keyOf(one).localeCompare(keyOf(other))

const given = ({ state }: Project, account: Account, at: number, one: Step) => ({
  config: { lookbackDays, ...(account.since === 0 ? {} : { since: isoAt(account.began, account.since).slice(0, 10) }) },
  state: structuredClone(state),
  now: began + at * hour,
  tokens: { accessToken: "old" },
  renew: () => ({ accessToken: "new" }),
  fetch: answering(account, at, one),
})

/** Of a sync that failed nothing is kept. */
const failed = (error: { readonly message: string } | undefined, { fate }: Step): boolean => {
  if (error === undefined) return false
  assert.strictEqual(fate, "dead", error.message)
  assert.match(error.message, /answered 400/)
  return true
}

const check = (
  run: (account: Account, all: ReadonlyArray<Step>) => Promise<void>,
  longestPending: number,
): Promise<void> => {
  const happenings = life({ days: 60, latest: 48, longestPending, latestRevision: 60 })
  const since = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 20 }).map((days) => days * 24),
  )
  const account = fc.record({ happenings, began: fc.constant(began), since, touching: fc.boolean() })
  return fc.assert(fc.asyncProperty(account, steps, run), { numRuns: 30 })
}

describe("over a life of late, pending and revised records, with failures and undos", () => {
  it("the inserting connector holds each record once, as it was when it was scored", () =>
    check(
      lives(async (before, account, at, one) => {
        const { rows, state, error } = await testConnector(inserting, given(before, account, at, one))
        if (failed(error, one)) return null
        const { sleep, workouts } = before.rows
        return {
          state,
          rows: {
            recovery: rows.recovery,
            sleep: [...sleep, ...rows.sleep],
            workouts: [...workouts, ...rows.workouts],
          },
          held: inserted(account, before.held, at, began + at * hour, lookbackDays),
        }
      }),
      // Longer than the cursor waits.
      20 * 24,
    ))

  it("the keyed one holds what Whoop shows", () =>
    check(
      lives(async (before, account, at, one) => {
        const { rows, state, error } = await testConnector(revising, given(before, account, at, one))
        if (failed(error, one)) return null
        const merged = (output: keyof Held) => [
          ...new Map([...before.rows[output], ...rows[output]].map((row) => [keyOf(row), row])).values(),
        ]
        return {
          state,
          rows: { recovery: merged("recovery"), sleep: merged("sleep"), workouts: merged("workouts") },
          held: shown(account, at),
        }
      }),
      48,
    ))
})
