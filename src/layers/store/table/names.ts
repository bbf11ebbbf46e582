/** A name as SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Text as SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A table of the database file itself, whatever temporary ones are called. */
export function inMain(table: string): string {
  return `main.${quoted(table)}`
}

/** What SQLite compares names by: it folds the case of ASCII only. */
export function folded(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
