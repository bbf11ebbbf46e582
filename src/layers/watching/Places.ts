import { readdirSync } from "node:fs"
import * as path from "node:path"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import type { Project } from "../../services/Project.ts"
import type { Part } from "../../services/ProjectChanges.ts"

interface Concern {
  readonly part: Part
  readonly names: (name: string) => boolean
}

/** How deep the directories of a connector are looked at. */
const deepest = 8

/** Which entries of which directories are of concern, and to what. */
export class Places {
  readonly #concerns = new Map<string, Array<Concern>>()
  readonly #root: string

  constructor({ root, layout }: Project["Service"], checked: CheckedManifest | null, inputs: ReadonlyArray<string>) {
    this.#root = root
    this.#file(layout.manifest, "manifest")
    this.#file(layout.env, "env")
    this.#directory(layout.tokens, "tokens", (name) => name.endsWith(".json"))
    this.#directory(layout.history, "history", () => true)
    this.#directory(layout.runs, "runs", (name) => /\.(jsonl|log)$/.test(name))
    this.#directory(layout.locks, "runs", (name) => /^run-.*\.lock\.json$/.test(name))
    for (const dataset of checked?.manifest.datasets.values() ?? []) {
      this.#file(dataset.file, "datasets")
      if (dataset.kind === "source") {
        this.#file(path.join(root, dataset.source), "datasets")
        if (dataset.format === "sqlite") this.#file(`${dataset.file}-wal`, "datasets")
      }
    }
    for (const { module, directory } of checked?.outline.modules.values() ?? []) {
      this.#link(path.join(root, module), "connectors")
      if (directory !== root) this.#sources(directory, 0)
    }
    // A new `helper.ts` takes the place of `helper.js`.
    for (const input of inputs) {
      const stem = path.parse(input).name
      this.#directory(path.dirname(input), "connectors", (name) => path.parse(name).name === stem)
    }
  }

  get directories(): ReadonlySet<string> {
    return new Set(this.#concerns.keys())
  }

  /** A null name is any of them. */
  partsOf(directory: string, name: string | null): ReadonlyArray<Part> {
    const concerns = this.#concerns.get(directory) ?? []
    return concerns.filter(({ names }) => name === null || names(name)).map(({ part }) => part)
  }

  #sources(directory: string, depth: number): void {
    this.#directory(directory, "connectors", isSource)
    if (depth === deepest) return
    for (const name of directoriesIn(directory)) {
      if (isSource(name)) this.#sources(path.join(directory, name), depth + 1)
    }
  }

  #file(file: string, part: Part): void {
    const wanted = path.basename(file)
    this.#directory(path.dirname(file), part, (name) => name === wanted)
  }

  #directory(directory: string, part: Part, names: Concern["names"]): void {
    this.#add(directory, { part, names })
    this.#link(directory, part)
  }

  /** Whatever comes, goes or is put in its place on the way to it is of concern too. */
  #link(file: string, part: Part): void {
    for (let at = file; at !== this.#root && at.startsWith(this.#root); at = path.dirname(at)) {
      const wanted = path.basename(at)
      this.#add(path.dirname(at), { part, names: (name) => name === wanted }, `${part}:${wanted}`)
    }
  }

  readonly #known = new Set<string>()
  /** A thousand connectors have most of their way in common. */
  #add(directory: string, concern: Concern, key: string | null = null): void {
    if (directory !== this.#root && !directory.startsWith(`${this.#root}${path.sep}`)) return
    if (key !== null) {
      if (this.#known.has(`${directory}\0${key}`)) return
      this.#known.add(`${directory}\0${key}`)
    }
    const concerns = this.#concerns.get(directory)
    if (concerns === undefined) this.#concerns.set(directory, [concern])
    else concerns.push(concern)
  }
}

/** What editors leave beside a file while they save it is none. */
const isSource = (name: string): boolean => !name.startsWith(".") && !name.endsWith("~") && name !== "node_modules"

const directoriesIn = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    // It comes and goes: whoever makes it is noticed in the one above.
    return []
  }
}
