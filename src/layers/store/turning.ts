import { Clock, Effect } from "effect"
import * as path from "node:path"
import { DatasetChanged } from "../../services/domain/StoreError.ts"
import { CannotUndo } from "../../services/History.ts"
import { Disk, type Stamp } from "./Disk.ts"
import type { EditedSince } from "./edits.ts"
import type { Keeping } from "./journal.ts"
import { afterSlot, beforeSlot, type FileUnit, isOfFile, longestTail, type Plan, type Step } from "./plan.ts"
import { closingOf, rejoin } from "./rejoining.ts"
import { concat, lengthOf, type Rope, slice, whole } from "./rope.ts"
import { keptBytes, type Known, type Slot } from "./slots.ts"
import { digestOf } from "./steps.ts"
import { type Trust, trustOf } from "./trust.ts"
import type { Turn } from "./timeline.ts"

interface Turned {
  readonly steps: ReadonlyArray<Step>
  readonly keeping: Keeping
  readonly made: ReadonlyArray<string>
  readonly spent: ReadonlyArray<string>
}

/** One file on its way through several checkpoints' states. */
interface Course {
  readonly home: string
  readonly id: string
  readonly number: number
  readonly path: string
  readonly label: string
  readonly dataset: string
  readonly format: string | undefined
  readonly force: boolean
  /** Somebody else wrote the file since that checkpoint, or it is a copy of what the store wrote. */
  readonly edited: (plan: Plan) => boolean
  readonly known: Known
  /** What the file's bytes say, where its stamp says that it was edited. */
  readonly trust: Trust
}

/**
 * Turns every file of the checkpoints concerned, or those `among` them; what each of them needs to be turned again is kept
 * on the way.
 */
export const turnFiles = Effect.fnUntraced(function* (
  home: string,
  id: string,
  turn: Turn,
  known: Known & { readonly edited: EditedSince },
  force: boolean,
  among: (path: string) => boolean = () => true,
) {
  const disk = yield* Disk
  const moves = [
    ...turn.undone.flatMap((plan) => filesOf(plan, "before")),
    ...turn.redone.flatMap((plan) => filesOf(plan, "after")),
  ].filter(({ unit }) => among(unit.path))
  const parts: Array<Turned> = []
  for (const [number, file] of [...new Set(moves.map(({ unit }) => unit.path))].entries()) {
    const absolute = path.resolve(home, file)
    const own = moves.filter(({ unit }) => unit.path === file)
    const dataset = own[0]?.plan.names[file] ?? ""
    const format = own.map(({ plan }) => plan.formats[file]).find((one) => one !== undefined)
    const label = path.relative(path.dirname(home), absolute)
    if (!(yield* disk.isReal(absolute))) {
      const detail = "it, or a directory on the way to it, is a symbolic link now"
      return yield* new DatasetChanged({
        dataset,
        file: label,
        detail,
        next: "Put the file itself back, and try again.",
      })
    }
    const now = yield* disk.stat(absolute)
    const edited = (plan: Plan) => known.edited(plan, file, now)
    const trust = own.some(({ plan }) => edited(plan)) ? yield* trustOf(home, file, now, known.inForce) : "same"
    const course: Course = { home, id, number, path: file, label, dataset, format, force, edited, known, trust }
    parts.push(yield* turnFile(course, own, now))
  }
  return {
    steps: parts.flatMap(({ steps }) => steps),
    keeping: {
      links: parts.flatMap(({ keeping }) => keeping.links),
      moves: [],
      texts: parts.flatMap(({ keeping }) => keeping.texts),
      copies: parts.flatMap(({ keeping }) => keeping.copies),
      unchanged: parts.flatMap(({ keeping }) => keeping.unchanged),
    },
    made: parts.flatMap(({ made }) => made),
    spent: parts.flatMap(({ spent }) => spent),
  } satisfies Turned
})

const filesOf = (plan: Plan, to: Slot["to"]): ReadonlyArray<Slot> =>
  plan.units.flatMap((unit, index) => (isOfFile(unit) ? [{ plan, unit, index, to }] : []))

const turnFile = Effect.fnUntraced(function* (course: Course, moves: ReadonlyArray<Slot>, now: Stamp | null) {
  const { home, id, number } = course
  const original: Rope | null = now === null ? null : whole(course.path, now.size)
  const links: Array<Keeping["links"][number]> = []
  const copies: Array<Keeping["copies"][number]> = []
  const made: Array<string> = []
  const spent: Array<string> = []
  const keep = (rope: Rope, as: string) => {
    made.push(as)
    if (rope === original) links.push({ file: path.resolve(home, course.path), as })
    else copies.push({ as, extents: rope })
  }

  let rope = original
  for (const move of moves) {
    const { plan, unit, index, to } = move
    const slots = { before: beforeSlot(plan.id, index), after: afterSlot(plan.id, index) }
    if (unit.kind === "append") {
      if (to === "before") {
        const { ours, rest } = yield* cut(course, plan, unit, rope)
        keep(ours, slots.after)
        rope = rest
      } else {
        const there = rope ?? []
        const length = lengthOf(there)
        if (length !== unit.at + (unit.tail ?? 0)) return yield* cannotRedo(course, plan)
        yield* demandForce(course, plan)
        const back = concat(slice(there, 0, unit.at), yield* keptBytes(home, course.known, move))
        rope = concat(back, slice(there, unit.at, length))
        spent.push(slots.after)
      }
      continue
    }
    const tail = to === "before" ? yield* behindOurs(course, plan, unit, rope) : []
    if (to === "after") yield* demandForce(course, plan)
    if (rope !== null) {
      const closed = unit.tail === undefined ? [] : yield* closingOf(home, rope)
      const ours = tail.length === 0 ? rope : concat(slice(rope, 0, unit.bytes), closed)
      keep(ours, slots[to === "before" ? "after" : "before"])
    }
    const there = to === "before" ? unit.before : unit.after
    const ours = slice(rope ?? [], 0, unit.bytes)
    const back = there ? yield* keptBytes(home, course.known, move) : []
    rope = there || tail.length > 0 ? yield* rejoin(home, kindOf(course), back, ours, tail) : null
    if (there) spent.push(slots[to])
  }

  const kept = now === null ? null : `journal/${id}/kept-${number}`
  const swap = (from: string | null, hash: string | null, restore: boolean, ino: string | null): Step => {
    if (kept !== null) {
      links.push({ file: path.resolve(home, course.path), as: kept })
      spent.push(`history/${id}/kept-${number}`)
    }
    return { op: "swap", path: course.path, from, hash, ino, restore, kept }
  }
  const mtime = wholeSeconds(yield* Clock.currentTimeMillis)
  const steps: Array<Step> = []
  const [first, ...more] = rope ?? []
  const disk = yield* Disk
  const last = more.at(-1)
  /** What stands at the end of the file, and goes on standing at the end of it. */
  const tail =
    now !== null && last?.file === course.path && last.to === now.size && last.to - last.from <= longestTail
      ? (yield* disk.readRange(path.resolve(home, course.path), last)).toString("base64")
      : null
  if (rope === null || first === undefined) {
    if (rope === null && now !== null) steps.push(swap(null, null, false, null))
    if (rope !== null && now !== null) steps.push({ op: "truncate", path: course.path, to: 0, mtime })
  } else if (first.file === course.path && first.from === 0 && more.length === 0) {
    if (first.to !== now?.size) steps.push({ op: "truncate", path: course.path, to: first.to, mtime })
  } else if (first.file === course.path && first.from === 0 && first.to === now?.size) {
    const [text, extents, bytes] = ["", more, lengthOf(more)]
    steps.push({ op: "append", path: course.path, at: first.to, mtime: now.mtime, text, extents, bytes })
  } else if (first.file === course.path && first.from === 0 && tail !== null && more.length === 1) {
    steps.push({ op: "truncate", path: course.path, to: first.to, mtime, tail })
  } else if (first.file === course.path && first.from === 0 && tail !== null && first.to === last?.from) {
    const extents = more.slice(0, -1)
    const [text, bytes, { mtime }] = ["", lengthOf(extents), now!]
    steps.push({ op: "append", path: course.path, at: first.to, mtime, text, extents, bytes, tail })
  } else {
    const stat = more.length === 0 && first.from === 0 ? yield* disk.stat(path.resolve(home, first.file)) : null
    if (stat !== null && stat.size === first.to && first.file !== course.path) {
      // From another device it is copied, and stays spent.
      steps.push(swap(first.file, null, true, stat.ino))
    } else {
      const fresh = `journal/${id}/new-${number}`
      copies.push({ as: fresh, extents: rope ?? [] })
      steps.push(swap(fresh, yield* digestOfRope(home, rope ?? []), false, null))
    }
  }
  const unchanged = [{ file: path.resolve(home, course.path), stamp: now }]
  return { steps, keeping: { links, moves: [], texts: [], copies, unchanged }, made, spent } satisfies Turned
})

const kindOf = ({ path: file, dataset, format }: Course): "csv" | "json" | "other" => {
  if (format !== undefined) return format === "csv" || format === "json" ? format : "other"
  return dataset !== "" && /\.json$/i.test(file) ? "json" : /\.csv$/i.test(file) ? "csv" : "other"
}

/** As a stamp has it, and such that every file system can keep it: some know only every other second. */
const wholeSeconds = (millis: number): string => String(Math.floor(millis / 2000) * 2_000_000)

/** Our appended bytes out of the middle of a file; what somebody wrote behind them stays. */
const cut = Effect.fnUntraced(function* (
  course: Course,
  plan: Plan,
  unit: Extract<FileUnit, { readonly kind: "append" }>,
  rope: Rope | null,
) {
  const end = unit.at + unit.bytes
  const length = lengthOf(rope ?? [])
  const tail = unit.tail ?? 0
  const ours = slice(rope ?? [], unit.at, end)
  if (length < end) return yield* editedBefore(course, plan, rope)
  if (course.edited(plan)) {
    if (course.trust === "edited") return yield* editedBefore(course, plan, rope)
    if ((yield* digestOfRope(course.home, ours)) !== unit.hash) return yield* editedBefore(course, plan, rope)
    yield* demandForce(course, plan, yield* endEdited(course, rope ?? [], end, tail))
  }
  const behind = slice(rope ?? [], end, length)
  const rest = yield* rejoin(course.home, kindOf(course), slice(rope ?? [], 0, unit.at), ours, behind)
  return { ours, rest }
})

/** What somebody wrote behind a file that we had written as a whole. */
const behindOurs = Effect.fnUntraced(function* (
  course: Course,
  plan: Plan,
  unit: Extract<FileUnit, { readonly kind: "swap" }>,
  rope: Rope | null,
) {
  if (!course.edited(plan)) return []
  const length = lengthOf(rope ?? [])
  // A small file of ours is restored as a whole, or not at all.
  if (course.dataset === "" && course.trust !== "same") {
    yield* demandForce(course, plan, "it was edited")
    return []
  }
  const closing = unit.tail ?? 0
  if ((rope === null) === unit.after || length < unit.bytes) return yield* editedBefore(course, plan, rope)
  if (unit.hash !== null && (yield* digestOfRope(course.home, slice(rope ?? [], 0, unit.bytes))) !== unit.hash) {
    return yield* editedBefore(course, plan, rope)
  }
  const detail = yield* endEdited(course, rope ?? [], unit.bytes, closing)
  if (detail === undefined) return []
  yield* demandForce(course, plan, detail)
  return slice(rope ?? [], unit.bytes, length)
})

/** What is behind our bytes, where that is not, or not only, the closing of an array that stood there. */
const endEdited = Effect.fnUntraced(function* (course: Course, rope: Rope, end: number, tail: number) {
  const length = lengthOf(rope)
  if (length > end + tail) return "there is more behind the rows that were synced"
  const isWhole = tail === 0 || tail > longestTail || lengthOf(yield* closingOf(course.home, rope)) === tail
  return isWhole ? undefined : "the end of its array was edited"
})

const touched = "something wrote to it since, or put another file in its place"

const demandForce = Effect.fnUntraced(function* (course: Course, plan: Plan, detail = touched) {
  if (!course.edited(plan) || course.force) return
  if (detail === touched && course.trust === "same") return
  return yield* new DatasetChanged({
    dataset: course.dataset,
    file: course.label,
    detail,
    next:
      course.dataset === ""
        ? "Nothing was undone. With --force what it was before takes its place."
        : "Nothing was undone. With --force the synced rows go and the edits stay.",
  })
})

const editedBefore = (course: Course, plan: Plan, rope: Rope | null) =>
  new CannotUndo({
    checkpoint: plan.id,
    ...(rope === null
      ? { detail: `${course.label} was deleted or moved`, next: "Put it back as it was, and try again." }
      : {
          detail: `${course.label} was edited at or before the synced rows`,
          next: "Take the edit back and try again, or remove the rows by hand.",
        }),
  })

const cannotRedo = (course: Course, plan: Plan) =>
  new CannotUndo({
    checkpoint: plan.id,
    detail: `${course.label} no longer ends where its rows would go`,
    next: "Sync again instead: the cursor has gone back, so the rows come anew.",
  })

const digestOfRope = Effect.fnUntraced(function* (home: string, rope: Rope) {
  return yield* digestOf(rope.map(({ file, ...range }) => ({ file: path.resolve(home, file), ...range })))
})
