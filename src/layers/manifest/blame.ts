import { type ManifestProblem, SourceShared } from "../../services/domain/ManifestProblem.ts"
import { type Document, entriesOf, type Place } from "./document.ts"

/** The problems that make a connector unusable: its own, and those of the datasets that it writes to. */
export const problemsOf =
  (document: Document, problems: ReadonlyArray<ManifestProblem>) =>
  (connector: string): ReadonlyArray<ManifestProblem> => {
    const named = under(document.root, "connectors").flatMap((section) => under(section, connector))
    const mappings = named.flatMap((entry) => under(entry, "datasets")).flatMap(entriesOf)
    const datasets = new Set(mappings.map(({ node }) => node.value as unknown))
    const places = [["connectors", connector], ...[...datasets].map((dataset) => ["datasets", String(dataset)])]
    const prefixes = places.map((path) => document.locate(path).path)
    return problems.filter((problem) => {
      // A section that isn't one, or a file that isn't, is everybody's problem.
      if (["", "connectors", "datasets"].includes(problem.path)) return true
      if (problem instanceof SourceShared && problem.datasets.some((dataset) => datasets.has(dataset))) return true
      return prefixes.some((prefix) => problem.path === prefix || /^[.[]/.test(afterPrefix(problem.path, prefix)))
    })
  }

const under = (place: Place, name: string): ReadonlyArray<Place> =>
  place.node.type === "object" ? entriesOf(place).filter((entry) => entry.name === name) : []

const afterPrefix = (path: string, prefix: string): string => (path.startsWith(prefix) ? path.slice(prefix.length) : "")
