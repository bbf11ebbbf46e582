import { Buffer } from "node:buffer"

/** Words of DuckDB's SQL that are likely names of columns too, and no column unless they are quoted. */
const words = new Set(
  (
    "all any array at case check column default desc end for full group left limit map offset only order primary " +
    "references right show table to window"
  ).split(" "),
)

/** Such a word where a syntax error is, or right before it: `SELECT at FROM x` fails at FROM. `at` is in bytes. */
export const unquotedWord = (sql: string, { detail, at }: { readonly detail: string; readonly at: number | null }) => {
  if (at === null || !/^syntax error at/i.test(detail)) return null
  const bytes = Buffer.from(sql)
  const [, here] = /^(\w+)/.exec(bytes.subarray(at).toString("utf8")) ?? []
  const [, before] = /(?<![\w".])(\w+)\s*$/.exec(bytes.subarray(0, at).toString("utf8")) ?? []
  return [before, here].find((word) => word !== undefined && words.has(word.toLowerCase())) ?? null
}
