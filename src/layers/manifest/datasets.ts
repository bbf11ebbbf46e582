import { Effect } from "effect"
import type { DatasetEntry, SourceDataset } from "../../services/domain/Manifest.ts"
import { NotASource, SourceShared, UnknownDataset } from "../../services/domain/ManifestProblem.ts"
import { didYouMean, isName } from "../../services/domain/Name.ts"
import type { Project } from "../../services/Project.ts"
import { type CheckedDataset, checkDataset } from "./dataset.ts"
import type { Place } from "./document.ts"
import type { Findings } from "./findings.ts"
import { checkNames } from "./structure.ts"

export interface Datasets {
  readonly names: ReadonlyArray<string>
  /** Names of those with a `source`, sound or not. */
  readonly sources: ReadonlyArray<string>
  readonly sound: ReadonlyMap<string, DatasetEntry>
  /** The dataset named here if rows can be written to it, else null; a problem of its own isn't told a second time. */
  readonly target: (place: Place) => SourceDataset | null
}

export const checkDatasets = Effect.fnUntraced(function* (
  findings: Findings,
  project: Project["Service"],
  section: Place | undefined,
): Effect.fn.Return<Datasets> {
  const entries = section === undefined ? [] : findings.entries(section)
  checkNames(findings, entries ?? [], "dataset")
  const checked = yield* Effect.forEach(entries ?? [], (entry) => checkDataset(findings, project, entry), {
    concurrency: 32,
  })
  checkShared(findings, checked)

  const kinds = new Map(checked.map(({ entry, kind }) => [entry.name, kind]))
  const sound = new Map<string, DatasetEntry>()
  for (const { entry, dataset } of checked) {
    if (dataset !== null && findings.isSound(entry.path)) sound.set(entry.name, dataset)
  }
  const target = (place: Place): SourceDataset | null => {
    const dataset = findings.text(place)
    if (dataset === null || entries === null) return null
    if (!kinds.has(dataset)) {
      const meant = didYouMean(dataset, [...kinds.keys()].filter(isName))
      findings.report(place, (at) => new UnknownDataset({ ...at, dataset, didYouMean: meant }))
    }
    if (kinds.get(dataset) === "sql") findings.report(place, (at) => new NotASource({ ...at, dataset }))
    const found = sound.get(dataset)
    return found?.kind === "source" ? found : null
  }
  const sources = checked.filter(({ kind }) => kind === "source").map(({ entry }) => entry.name)
  const names = [...new Set(checked.map(({ entry }) => entry.name))]
  return { sound, names, sources, target }
})

/** Two names for one file would each overwrite what the other wrote. */
const checkShared = (findings: Findings, checked: ReadonlyArray<CheckedDataset>): void => {
  const owners = new Map<string, CheckedDataset>()
  for (const found of checked) {
    const { dataset, entry, place } = found
    if (dataset?.kind !== "source") continue
    // Many file systems ignore case and how accents are spelt; databases ignore the case of their tables.
    const key = JSON.stringify([dataset.file, dataset.table]).normalize("NFC").toLowerCase()
    const owner = owners.get(key)
    if (owner === undefined) {
      owners.set(key, found)
    } else if (owner.entry.name !== entry.name) {
      const source = dataset.table === null ? dataset.source : `${dataset.source}, table ${dataset.table}`
      const datasets = [owner.entry.name, entry.name]
      findings.report(place, (at) => new SourceShared({ ...at, datasets, source }))
      findings.markUnsound(owner.entry.path)
    }
  }
}
