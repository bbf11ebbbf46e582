import { didYouMean, meant } from "../../services/domain/Name.ts"
import {
  InvalidField,
  type ManifestProblem,
  type ManifestWarning,
  UnknownKey,
} from "../../services/domain/ManifestProblem.ts"
import type { Position } from "../../services/ManifestService.ts"
import { type Document, entriesOf, type Entry, itemsOf, type Path, type Place } from "./document.ts"

type Fields = ReadonlyMap<string, Entry>

/** Collects what is wrong while the manifest is read, and knows which entries that makes unusable. */
export class Findings {
  readonly #document: Document
  readonly #problems: Array<Found<ManifestProblem>> = []
  readonly #warnings: Array<Found<ManifestWarning>> = []
  readonly #misspelt: Array<{ readonly parent: Place; readonly name: string; readonly meant: string | null }> = []
  readonly #unsound = new Set<string>()

  constructor(document: Document) {
    this.#document = document
  }

  get problems(): ReadonlyArray<ManifestProblem> {
    return inOrder(this.#problems)
  }

  get warnings(): ReadonlyArray<ManifestWarning> {
    return inOrder(this.#warnings)
  }

  /** Whether nothing is wrong with, say, `["connectors", "whoop"]` or anything in it. */
  isSound(entry: Path): boolean {
    return !this.#unsound.has(entryOf(entry))
  }

  /** For an entry that shares another's problem, which is reported once. */
  markUnsound(entry: Path): void {
    this.#unsound.add(entryOf(entry))
  }

  report(place: Place, problem: (at: Position) => ManifestProblem): void {
    this.#add(place.node.offset, place.path, problem)
  }

  /** Like `report`, at the name instead of the value. */
  reportName(entry: Entry, problem: (at: Position) => ManifestProblem): void {
    this.#add(entry.key.offset, entry.path, problem)
  }

  warn(place: Place, warning: (at: Position) => ManifestWarning): void {
    const { offset } = place.node
    this.#warnings.push({ offset, value: warning(this.#document.at(offset, place.path)) })
  }

  field(place: Place, expected: string): void {
    this.report(place, (at) => new InvalidField({ ...at, expected }))
  }

  /** Of `fields`: a key of which that one may be a misspelling stands in its place. */
  missing(parent: Place, key: string, expected: string): void {
    const typo = this.#misspelt.find((one) => one.parent === parent && one.meant === key)
    const hint = typo === undefined ? "" : `. "${typo.name}" is not a key that anything reads${meant(key)}`
    this.#add(parent.node.offset, [...parent.path, key], (at) => new InvalidField({ ...at, expected: expected + hint }))
  }

  /** Null, and a problem, when it isn't an object. */
  entries(place: Place): ReadonlyArray<Entry> | null {
    if (place.node.type === "object") return entriesOf(place)
    this.field(place, `must be an object, not ${kindOf(place)}`)
    return null
  }

  /** An object of which each key has a meaning; any other key is a warning. */
  fields(place: Place, known: ReadonlyArray<string>): Fields | null {
    const entries = this.entries(place)
    if (entries === null) return null
    for (const { name, key, path } of entries) {
      if (known.includes(name)) continue
      const at = this.#document.at(key.offset, path)
      const meant = didYouMean(name, known)
      this.#warnings.push({ offset: key.offset, value: new UnknownKey({ ...at, key: name, didYouMean: meant }) })
      this.#misspelt.push({ parent: place, name, meant })
    }
    return new Map(entries.map((entry) => [entry.name, entry]))
  }

  items(place: Place): ReadonlyArray<Place> {
    if (place.node.type === "array") return itemsOf(place)
    this.field(place, `must be a list, not ${kindOf(place)}`)
    return []
  }

  text(place: Place): string | null {
    if (place.node.type !== "string") this.field(place, `must be a text, not ${kindOf(place)}`)
    else if (place.node.value === "") this.field(place, "must not be empty")
    else return place.node.value as string
    return null
  }

  /** A text that may be left out, and may be empty. */
  optionalText(place: Place | undefined): string | null {
    if (place === undefined) return null
    if (place.node.type === "string") return place.node.value as string
    this.field(place, `must be a text, not ${kindOf(place)}`)
    return null
  }

  /** Null when absent or wrong. */
  oneOf<const A extends string>(place: Place | undefined, values: ReadonlyArray<A>): A | null {
    if (place === undefined) return null
    const found = values.find((value) => value === place.node.value)
    if (found === undefined) this.field(place, `must be ${listed(values)}, not ${written(place)}`)
    return found ?? null
  }

  #add(offset: number, path: Path, problem: (at: Position) => ManifestProblem): void {
    this.#problems.push({ offset, value: problem(this.#document.at(offset, path)) })
    if (path.length > 1) this.markUnsound(path)
  }
}

interface Found<A> {
  readonly offset: number
  readonly value: A
}

const inOrder = <A>(found: ReadonlyArray<Found<A>>): ReadonlyArray<A> =>
  found.toSorted((a, b) => a.offset - b.offset).map(({ value }) => value)

const entryOf = (path: Path): string => JSON.stringify(path.slice(0, 2))

const kindOf = ({ node }: Place): string =>
  ({ object: "an object", array: "a list", string: "a text", null: "null" })[node.type as string] ?? `a ${node.type}`

/** What was written, or what kind of thing it is where that would be long. */
export const written = (place: Place): string =>
  place.node.type === "object" || place.node.type === "array"
    ? kindOf(place)
    : (JSON.stringify(place.node.value) ?? "nothing").slice(0, 100)

const listed = (values: ReadonlyArray<string>): string =>
  values
    .map((value) => JSON.stringify(value))
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ")
