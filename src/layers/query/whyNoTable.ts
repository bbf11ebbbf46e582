import type { Contract } from "../../services/domain/Contract.ts"

/** Why DuckDB can have no table of such rows, which a file may well hold; null when it can. */
export const whyNoTable = ({ columns }: Contract): string | null => {
  if (columns.length === 0) return "its rows have no columns"
  const nameless = columns.find(({ name }) => name.includes("\0"))
  if (nameless === undefined) return null
  return `SQL has no name for its column ${JSON.stringify(nameless.name)}, which holds a NUL`
}
