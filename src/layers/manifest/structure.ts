import { InvalidField, InvalidName } from "../../services/domain/ManifestProblem.ts"
import { isName } from "../../services/domain/Name.ts"
import { entriesOf, type Entry, itemsOf, type Place } from "./document.ts"
import type { Findings } from "./findings.ts"

/** What no reader of JSON would refuse and yet nobody means: a key written twice, a number that becomes Infinity. */
export const checkValues = (findings: Findings, place: Place): void => {
  if (place.node.type === "number" && !Number.isFinite(place.node.value))
    findings.field(place, "this number is too large")
  if (place.node.type === "array") for (const item of itemsOf(place)) checkValues(findings, item)
  if (place.node.type !== "object") return
  const entries = entriesOf(place)
  checkDuplicates(findings, entries)
  for (const entry of entries) checkValues(findings, entry)
}

export const checkDuplicates = (findings: Findings, entries: ReadonlyArray<Entry>): void => {
  const seen = new Set<string>()
  for (const entry of entries) {
    if (seen.has(entry.name)) {
      findings.reportName(entry, (at) => new InvalidField({ ...at, expected: "is written twice in the same object" }))
    }
    seen.add(entry.name)
  }
}

export const checkNames = (findings: Findings, entries: ReadonlyArray<Entry>, kind: InvalidName["kind"]): void => {
  const seen = new Map<string, string>()
  for (const entry of entries) {
    const { name } = entry
    if (!isName(name)) findings.reportName(entry, (at) => new InvalidName({ ...at, name, kind }))
    const alike = seen.get(name.toLowerCase())
    // Names become file names, and many file systems ignore case.
    if (alike !== undefined && alike !== name) {
      const expected = `differs from "${alike}" in upper and lower case only`
      findings.reportName(entry, (at) => new InvalidField({ ...at, expected }))
    }
    seen.set(name.toLowerCase(), name)
  }
}
