import type { ActionEntry } from "../../services/domain/Manifest.ts"
import { checkActionField } from "./actionField.ts"
import type { Datasets } from "./datasets.ts"
import type { Entry, Place } from "./document.ts"
import type { Findings } from "./findings.ts"
import { checkNames } from "./structure.ts"

export const actionKeys = ["dataset", "mode", "description", "fields"] as const
export const actionModes = ["insert", "replace", "delete", "update"] as const

export const checkActions = (findings: Findings, datasets: Datasets, section: Place | undefined) => {
  const entries = section === undefined ? [] : (findings.entries(section) ?? [])
  checkNames(findings, entries, "action")
  const sound = new Map<string, ActionEntry>()
  for (const entry of entries) {
    const action = checkAction(findings, datasets, entry)
    if (action !== null && findings.isSound(entry.path)) sound.set(entry.name, action)
  }
  return { sound: sound as ReadonlyMap<string, ActionEntry>, names: [...new Set(entries.map(({ name }) => name))] }
}

const checkAction = (findings: Findings, datasets: Datasets, entry: Entry): ActionEntry | null => {
  const fields = findings.fields(entry, actionKeys)
  if (fields === null) return null
  const datasetAt = fields.get("dataset")
  const modeAt = fields.get("mode")
  if (datasetAt === undefined) findings.missing(entry, "dataset", "is missing; it names the dataset that is written")
  if (modeAt === undefined) findings.missing(entry, "mode", `is missing; it is one of ${actionModes.join(", ")}`)
  const dataset = datasetAt === undefined ? null : datasets.target(datasetAt)
  const mode = findings.oneOf(modeAt, actionModes)
  const description = findings.optionalText(fields.get("description"))
  const fieldsAt = fields.get("fields")
  const columns = fieldsAt === undefined ? [] : (findings.entries(fieldsAt) ?? [])
  const narrowed = new Map(columns.map((column) => [column.name, checkActionField(findings, column)]))
  if (dataset === null || mode === null) return null
  return { name: entry.name, dataset: dataset.name, mode, description, fields: narrowed }
}
