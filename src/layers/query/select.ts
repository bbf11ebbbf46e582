import type { Reference } from "./protocol.ts"

/** Part of a query as DuckDB's parser understood it. */
type Tree = Readonly<Record<string, unknown>>

/** What is no read of datasets; `at` is in bytes. */
export class NotASelect extends Error {
  readonly next: string
  readonly at: number | null

  constructor(detail: string, next: string, at: number | null = null) {
    super(detail)
    this.next = next
    this.at = at
  }
}

/** Everything else that stands where a table does reads files, settings or catalogs, or runs SQL that nobody has looked at. */
const tableFunctions = new Set(["generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "unnest"])
/** Of those that compute, these tell of the machine. */
const tellingFunctions = new Set(["current_setting", "getenv"])

const byName = 'Read datasets by their names; "openislands datasets" lists them.'

/** The tables that a query reads and doesn't define itself. Throws `NotASelect`. */
export function referencesOf(node: unknown): ReadonlyArray<Reference> {
  const found = new Map<string, Reference>()

  const visit = (value: unknown, defined: ReadonlySet<string>): void => {
    if (Array.isArray(value)) {
      for (const one of value) visit(one, defined)
      return
    }
    if (typeof value !== "object" || value === null) return
    const tree = value as Tree
    const at = placeOf(tree)
    if (tree["type"] === "BASE_TABLE") table(tree, at, defined)
    if (tree["type"] === "TABLE_FUNCTION") {
      const name = String((tree["function"] as Tree)["function_name"])
      if (!tableFunctions.has(name.toLowerCase())) throw new NotASelect(`it may not read from ${name}()`, byName, at)
    }
    if (tree["type"] === "SHOW_REF") {
      throw new NotASelect(
        "it asks about tables, not for rows",
        '"openislands contract <dataset>" shows a dataset\'s columns.',
        at,
      )
    }
    if (tree["class"] === "FUNCTION" && tellingFunctions.has(String(tree["function_name"]).toLowerCase())) {
      throw new NotASelect(`it may not use ${String(tree["function_name"])}()`, byName, at)
    }
    if (tree["class"] === "PARAMETER") throw new NotASelect("it has parameters", "Write the values out.", at)
    let within = defined
    for (const { key, value: definition } of definitionsOf(tree)) {
      const query = (definition["query"] as Tree)["node"] as Tree
      const itself = query["type"] === "RECURSIVE_CTE_NODE"
      const more = new Set(within).add(key.toLowerCase())
      visit(definition, itself ? more : within)
      within = more
    }
    for (const [key, part] of Object.entries(tree)) if (key !== "cte_map") visit(part, within)
  }

  const table = (tree: Tree, at: number | null, defined: ReadonlySet<string>): void => {
    const name = String(tree["table_name"])
    const schema = String(tree["schema_name"])
    if (tree["catalog_name"] !== "" || (schema !== "" && schema !== "main")) {
      throw new NotASelect(`it may not read ${schema}.${name}`, byName, at)
    }
    if (schema === "" && defined.has(name.toLowerCase())) return
    if (!found.has(name)) found.set(name, { name, at })
  }

  visit(node, new Set())
  return [...found.values()]
}

/** The queries that this one names, in order: each sees those before it. */
const definitionsOf = (tree: Tree): ReadonlyArray<{ readonly key: string; readonly value: Tree }> =>
  ((tree["cte_map"] as Tree | undefined)?.["map"] as ReadonlyArray<{ key: string; value: Tree }> | undefined) ?? []

/** DuckDB's word for nowhere is the largest number of 64 bits. */
const placeOf = (tree: Tree): number | null => {
  const at = tree["query_location"]
  return typeof at === "number" && at < 2 ** 32 ? at : null
}
