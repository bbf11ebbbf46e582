import { Clock, Effect, Option } from "effect"
import * as path from "node:path"
import { CannotUndo, NothingToUndo, type RolledBack, UnknownCheckpoint } from "../../services/History.ts"
import type { RunLocks } from "../../services/RunLocks.ts"
import { underCommitLock } from "./commitLock.ts"
import { contractFile } from "./contracts.ts"
import { rememberChecked } from "./checked.ts"
import { Disk, type Stamp } from "./Disk.ts"
import { editedSince } from "./edits.ts"
import { execute } from "./journal.ts"
import type { Plan } from "./plan.ts"
import { nextId } from "./publishing.ts"
import { readHistory } from "./retention.ts"
import { newestInForce, timelineOf, type Turn, turnBackTo } from "./timeline.ts"
import { turnFiles } from "./turning.ts"

interface Request {
  readonly home: string
  readonly checkpoint: string | null
  readonly force: boolean
  readonly locks: RunLocks["Service"]
}

/**
 * Turns back (or forward again) everything that the checkpoint concerns, as a checkpoint of its own. The cursors that it
 * moves must not be in use: their connectors' run locks come before the commit lock, so what is to be turned is looked
 * up once without it, to know which to take, and again with it.
 */
export const rollback = Effect.fnUntraced(function* (request: Request) {
  let taken = new Set<string>()
  for (;;) {
    const outcome = yield* Effect.scoped(attempt(request, taken))
    if (outcome.done) return outcome.rolledBack
    taken = outcome.needs
  }
})

type Attempt =
  { readonly done: true; readonly rolledBack: RolledBack } | { readonly done: false; readonly needs: Set<string> }

const attempt = Effect.fnUntraced(function* (request: Request, connectors: ReadonlySet<string>) {
  for (const connector of [...connectors].toSorted()) yield* request.locks.take(connector)
  return yield* underCommitLock(
    request.home,
    Effect.gen(function* () {
      const { plans, damaged } = yield* readHistory(request.home)
      const broken = damaged.find(({ file }) => file.includes(`${path.sep}${request.checkpoint}${path.sep}`))
      if (broken !== undefined) return yield* broken
      const { target, turn } = yield* findTurn(plans, request.checkpoint)
      const needs = new Set([...turn.undone, ...turn.redone].flatMap((plan) => plan.connectors))
      if (![...needs].every((connector) => connectors.has(connector))) {
        return { done: false, needs: new Set([...connectors, ...needs]) } satisfies Attempt
      }
      return { done: true, rolledBack: yield* perform(request, plans, target, turn) } satisfies Attempt
    }),
  )
})

const findTurn = Effect.fnUntraced(function* (plans: ReadonlyArray<Plan>, checkpoint: string | null) {
  const timeline = timelineOf(plans)
  const target = checkpoint === null ? newestInForce(plans, timeline) : plans.find(({ id }) => id === checkpoint)
  if (checkpoint !== null && target === undefined) return yield* new UnknownCheckpoint({ checkpoint })
  if (target === null || target === undefined) {
    const rollback = plans.findLast(
      (plan) => timeline.get(plan.id) === null && turnBackTo(plans, timeline, plan).redone.length > 0,
    )
    return yield* new NothingToUndo({ rollback: rollback?.id ?? null })
  }
  const by = timeline.get(target.id) ?? null
  if (by !== null) {
    return yield* new CannotUndo({
      checkpoint: target.id,
      detail: `it has been undone by ${by} already`,
      next: `To bring it back, roll back ${by}.`,
    })
  }
  const turn = turnBackTo(plans, timeline, target)
  if (turn.undone.length + turn.redone.length === 0) {
    return yield* new CannotUndo({
      checkpoint: target.id,
      detail: "what it turned is no longer kept",
      next: '"openislands history" lists what can be undone.',
    })
  }
  return { target, turn }
})

const perform = Effect.fnUntraced(function* (request: Request, plans: ReadonlyArray<Plan>, target: Plan, turn: Turn) {
  const { home, force } = request
  const id = yield* nextId(home)
  const edited = yield* editedSince(home, plans)
  const timeline = timelineOf(plans)
  const inForce = plans.filter((plan) => plan.toggles === null && timeline.get(plan.id) === null)
  const { steps, keeping, made, spent } = yield* turnFiles(home, id, turn, { edited, inForce }, force)
  const undone = turn.undone.map((plan) => plan.id)
  const redone = turn.redone.map((plan) => plan.id)
  const names = Object.assign({}, ...[...turn.undone, ...turn.redone].map((plan) => plan.names)) as Plan["names"]
  const plan: Plan = {
    version: 1,
    id,
    at: new Date(yield* Clock.currentTimeMillis).toISOString(),
    cause: { type: "rollback", connector: null, runId: null, action: null },
    datasets: rowsTurned(turn),
    connectors: [...new Set([...turn.undone, ...turn.redone].flatMap((one) => one.connectors))],
    names,
    units: [],
    toggles: { target: target.id, undone, redone },
    steps,
    made,
    spent,
  }
  const after = yield* execute(home, plan, keeping)
  // With edits of somebody's kept, what there is has yet to be held against the contract.
  if (!force) yield* rememberAll(home, names, after)
  const answer = target.toggles === null ? undone : [target.id, ...undone]
  return { checkpoint_id: id, undone: answer, redone, datasets: plan.datasets } satisfies RolledBack
})

/** Rows that go or come, by dataset. */
const rowsTurned = (turn: Turn): Plan["datasets"] => {
  const datasets: Record<string, Plan["datasets"][string]> = {}
  const count = (plans: ReadonlyArray<Plan>, mode: "undo" | "redo") => {
    for (const plan of plans) {
      for (const [name, { rows }] of Object.entries(plan.datasets)) {
        const before = datasets[name]?.mode === mode ? datasets[name].rows : 0
        datasets[name] = { mode, rows: before + rows }
      }
    }
  }
  count(turn.undone, "undo")
  count(turn.redone, "redo")
  return datasets
}

/** The files are what they were under a contract that they fitted then, unless somebody edited them. */
const rememberAll = Effect.fnUntraced(function* (
  home: string,
  names: Plan["names"],
  after: Readonly<Record<string, Stamp | null>>,
) {
  const disk = yield* Disk
  for (const [file, dataset] of Object.entries(names)) {
    const stamp = after[file]
    const contract = yield* disk.read(path.join(home, contractFile(dataset))).pipe(Effect.option)
    const text = Option.getOrNull(contract)
    if (stamp && text !== null) yield* rememberChecked(home, dataset, stamp, text.toString("utf8"))
  }
})
