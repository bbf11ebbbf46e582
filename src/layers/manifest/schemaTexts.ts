// What an editor shows of each key of the manifest.

export const manifest =
  'What a project holds: datasets, and the connectors that fill them. Comments and trailing commas are fine. "openislands validate" checks it.'
export const $schema =
  'For editors: "openislands" keeps a schema of this project at ./.openislands/manifest.schema.json.'
export const datasets =
  'Files of yours that connectors write, by name: { "source": "data/sleep.csv" }, a table: { "source": "data/my.db", "table": "walks" }; or a query over others: { "sql": "queries/all.sql" }.'
export const connectors =
  "Connectors by name. One directory of code may be used under several names, each with its own config and cursor."
export const actions = "Writes by hand, typed: what may be inserted, replaced, updated or deleted in a dataset."
export const checkpoints =
  "How many of the newest checkpoints are kept, each of which can be undone; ten that moved only a cursor count as one."
export const bytes = 'How much disk the history may take, such as "1GiB" or "500MB", or a number of bytes.'
export const origin = 'Where the dashboard is reached from outside, such as "https://islands.example.com".'

export const source =
  "The file, relative to this one; it need not exist yet. Its ending says how it is written: .csv, .json (an array of objects), .jsonl, .ndjson, .parquet, .sqlite or .db."
export const table = "The table, in a .sqlite or .db file."
export const sql = "A .sql file with one SELECT over the other datasets, by their names."
export const datasetDescription = "What the rows are."
export const onDrift =
  'What happens when rows no longer fit the columns that are there. "reject" fails the sync and writes nothing; "evolve" adds columns and widens types, and an undo takes that back.'
export const onEmpty =
  'What a replace with no rows does: "clear" empties the dataset and keeps its columns, "keep" leaves it as it is, "fail" fails the sync.'

export const module = "The directory of the connector's code, relative to this file; its index.ts is what runs."
export const mapping = "Output of the connector -> dataset that its rows go to. Outputs that are left out are dropped."
export const schedule =
  'When it syncs: an interval such as "30m", "6h" or "30d", a cron expression such as "0 */6 * * *", or { "cron", "timeZone" }. Left out, the connector says; else it syncs on request.'
export const config = "What the connector is told; its own schema checks it."
export const connectorDescription = "One line about it, instead of the connector's own."
export const timeout = 'How long one attempt may take, such as "10m" (the default is "30m").'
export const permissions = "What the connector's process may do beyond running its code."
export const read = "Files and directories of this project that it may read; none by default."
export const net = 'Hosts that it may reach, such as "api.example.com"; without this key, any.'

export const actionDataset = "The dataset that it writes."
export const actionMode = "What it does with rows."
export const fields = "Column -> what narrows it beyond the dataset's own type."
export const fieldType = "The type of the column."
export const fieldEnum = "The values that it may have."
export const bound = "A number, a date or a timestamp; the bound itself is allowed."
export const fieldDefault = "What a row has that says nothing of the column."
