import type { UnknownDefinitionKey } from "../../services/domain/Description.ts"

export type Fields = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Of what is wrong with one definition, this much is told. */
const most = 20

/** Everything that is wrong with a definition, gathered while it is read. */
export class Findings {
  readonly problems: Array<string> = []
  readonly unknownKeys: Array<UnknownDefinitionKey> = []

  /** `instead` only lets the reading go on: nothing is made of a definition that has a problem. */
  wrong<A>(problem: string, instead: A): A {
    this.problems.push(problem)
    return instead
  }

  text(value: unknown, what: string): string {
    return typeof value === "string" && value !== "" ? value : this.wrong(`${what} must be a non-empty string`, "")
  }

  envName(value: unknown, what: string): string {
    return typeof value === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)
      ? value
      : this.wrong(`${what} must be the name of an .env key`, "")
  }

  url(value: unknown, what: string): string {
    return typeof value === "string" && URL.canParse(value) && /^https?:/.test(value)
      ? value
      : this.wrong(`${what} must be an http(s) URL`, "")
  }

  /** Keys that nothing reads: a newer runtime may, so they are no problem by themselves. */
  onlyKeys(fields: Fields, path: string, known: ReadonlyArray<string>): void {
    for (const key of Object.keys(fields)) {
      if (known.includes(key) || this.unknownKeys.length === most) continue
      const shown = key.slice(0, 100)
      this.unknownKeys.push({ path: `${path}${shown}`, key: shown, known })
    }
  }

  /** In one text; a key that was misspelt may be the reason that another one is missing. */
  toString(): string {
    const all = [...this.problems, ...this.unknownKeys.map(({ path }) => `${path} is not a key that anything reads`)]
    return [...all.slice(0, most), ...(all.length > most ? [`and ${all.length - most} more`] : [])].join("; ")
  }
}
