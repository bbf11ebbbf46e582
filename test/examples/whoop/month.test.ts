import { assert, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import * as fc from "fast-check"
import * as path from "node:path"
import { coreAt } from "../../../src/layers/Core.ts"
import { History } from "../../../src/services/History.ts"
import { SyncService } from "../../../src/services/SyncService.ts"
import { bytesOf } from "../../fixtures/syncing.ts"
import { signIn } from "../project.ts"
import { type Held, inserted, nothing, shown } from "./expected.ts"
import { hour, life } from "./life.ts"
import { assertHolds, lookbackDays, type Name, names, whoopAt } from "./project.ts"
import { type Fault, whoop } from "./server.ts"

const days = 30
const [happenings] = fc.sample(life({ days, latest: 72, longestPending: 72, latestRevision: 72 }), {
  numRuns: 1,
  seed: 9,
})

/** Hours between syncs. */
const pause = 36

/** By the number of the sync: what becomes of its nth request. */
const faults: Readonly<Record<number, Partial<Record<Name, ReadonlyMap<number, Fault>>>>> = {
  3: { whoop: new Map([[2, "limited"]]), revised: new Map([[0, "refused"]]) },
  6: { whoop: new Map([[2, "refused"]]) },
  11: { whoop: new Map([[2, "cut"]]), revised: new Map([[1, "limited"]]) },
  15: {
    whoop: new Map([
      [0, "limited"],
      [3, "refused"],
    ]),
    revised: new Map([[2, "refused"]]),
  },
}

/** What each checkpoint of a connector found. */
interface Known {
  held: Held
  readonly before: Map<string, Held>
}

const ownBytes = (root: string, name: Name) =>
  Object.fromEntries(Object.entries(bytesOf(root)).filter(([file]) => path.basename(file).startsWith(name)))

it.live("a month of syncs with Whoop, with failures, undos and expiring tokens, holds what it should after each", () =>
  Effect.gen(function* () {
    // Not on the hour: the days that recovery is replaced over must not begin between two looks at the clock.
    const began = Math.floor((yield* Clock.currentTimeMillis) / hour) * hour - days * 24 * hour - 1_800_000
    const account = { happenings: happenings!, began, since: 0, touching: true }
    const { url, state, signIns, seen } = yield* whoop(account)
    const root = yield* whoopAt(url)
    const known: Record<Name, Known> = {
      whoop: { held: nothing, before: new Map() },
      revised: { held: nothing, before: new Map() },
    }

    const syncOf = Effect.fnUntraced(function* (name: Name, at: number) {
      const before = ownBytes(root, name)
      const run = yield* SyncService.use((service) => service.sync(name, { trigger: "cli" }))
      if (run.outcome !== "success") {
        assert.match(JSON.stringify(run.error), /ConnectorFailed.* answered 400: .*Bad request/)
        assert.deepEqual(ownBytes(root, name), before)
        return false
      }
      const own = known[name]
      if (run.checkpoint_id !== null) own.before.set(run.checkpoint_id, own.held)
      const now = began + days * 24 * hour
      own.held = name === "revised" ? shown(account, at) : inserted(account, own.held, at, now, lookbackDays)
      assertHolds(root, name, own.held, `after ${at} h`)
      return true
    })

    /** Back to before one of its syncs. */
    const undo = Effect.fnUntraced(function* (name: Name, nth: number) {
      const own = known[name]
      const checkpoint = [...own.before.keys()].at(nth)!
      const { undone } = yield* History.use((history) => history.rollback(checkpoint, { force: false }))
      assert.include(undone, checkpoint)
      own.held = own.before.get(checkpoint)!
      for (const gone of undone) own.before.delete(gone)
      assertHolds(root, name, own.held, `before ${checkpoint}`)
    })

    yield* Effect.gen(function* () {
      for (const name of names) yield* signIn(name)
      let failures = 0
      for (let number = 1; number <= (days * 24) / pause; number++) {
        state.at = number * pause
        const sync = (name: Name, index: number) => {
          Object.assign(signIns[index]!, { asked: 0, faults: faults[number]?.[name] ?? new Map() })
          return syncOf(name, state.at)
        }
        const done = yield* Effect.forEach(names, sync, { concurrency: "unbounded" })
        failures += done.filter((one) => !one).length
        if (number === 9) yield* undo("whoop", -6)
        if (number === 13) yield* undo("revised", -9)
      }
      assert.strictEqual(failures, 4)

      // From any point on, and from nothing, the same comes out as of the records.
      for (const nth of [-4, 5, 0]) {
        for (const name of names) {
          yield* undo(name, nth)
          assert.isTrue(yield* syncOf(name, state.at))
        }
      }
    }).pipe(Effect.provide(coreAt(root)))
    assert.isAbove(seen.expired, 10)
    assert.strictEqual(seen.refreshes, seen.expired)
    assert.deepInclude(seen, { limited: 3, cut: 1, losses: 0 })
  }),
)
