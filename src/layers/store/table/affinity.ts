/** What SQLite makes of values that a column gets, by the column's declared type; `BLOB` leaves them as they are. */
export type Affinity = "INTEGER" | "TEXT" | "BLOB" | "REAL" | "NUMERIC"

/** SQLite's own rules, in their order. (In a STRICT table ANY is BLOB, and the others come out the same.) */
export function affinityOf(declared: string): Affinity {
  if (/int/i.test(declared)) return "INTEGER"
  if (/char|clob|text/i.test(declared)) return "TEXT"
  if (declared === "" || /blob/i.test(declared)) return "BLOB"
  if (/real|floa|doub/i.test(declared)) return "REAL"
  return "NUMERIC"
}

/** Text that a column of numbers takes for one. */
const numeric = /^[ \t-\r]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t-\r]*$/

/** Whether a text would still be the same one in a column. */
export function keepsText(affinity: Affinity, text: string): boolean {
  return affinity === "TEXT" || affinity === "BLOB" || !numeric.test(text)
}
