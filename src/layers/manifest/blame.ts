import { type ManifestProblem, SourceShared } from "../../services/domain/ManifestProblem.ts"
import { type Document, entriesOf, type Place } from "./document.ts"

/** The problems that make a connector unusable: its own, and those of the datasets that it writes to. */
export const problemsOf =
  (document: Document, problems: ReadonlyArray<ManifestProblem>) =>
  (connector: string): ReadonlyArray<ManifestProblem> => {
    const named = under(document.root, "connectors").flatMap((section) => under(section, connector))
    const mappings = named.flatMap((entry) => under(entry, "datasets")).flatMap(entriesOf)
    const datasets = new Set(mappings.map(({ node }) => node.value as unknown))
    const isOwn = isUnder(document.locate(["connectors", connector]).path)
    const isOfDatasets = [...datasets].map((dataset) => concerns(document, String(dataset)))
    return problems.filter(
      // A section that isn't one, or a file that isn't, is everybody's problem.
      (problem) =>
        ["", "connectors", "datasets"].includes(problem.path) ||
        isOwn(problem) ||
        isOfDatasets.some((isOfOne) => isOfOne(problem)),
    )
  }

/** The first problem that makes a dataset unusable. */
export const problemOfDataset =
  (document: Document, problems: ReadonlyArray<ManifestProblem>) =>
  (dataset: string): ManifestProblem | null =>
    problems.find(concerns(document, dataset)) ?? null

/** Also one that stands at another dataset, which shares its file. */
const concerns = (document: Document, dataset: string) => {
  const isOwn = isUnder(document.locate(["datasets", dataset]).path)
  return (problem: ManifestProblem): boolean =>
    isOwn(problem) || (problem instanceof SourceShared && problem.datasets.includes(dataset))
}

const isUnder =
  (prefix: string) =>
  ({ path }: ManifestProblem): boolean =>
    path === prefix || (path.startsWith(prefix) && /^[.[]/.test(path.slice(prefix.length)))

const under = (place: Place, name: string): ReadonlyArray<Place> =>
  place.node.type === "object" ? entriesOf(place).filter((entry) => entry.name === name) : []
