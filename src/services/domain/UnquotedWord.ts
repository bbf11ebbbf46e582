import { Effect, Schema } from "effect"

/** A word of SQL at which a query is broken, and which may have been meant as a name; null where there is none. */
export const unquoted = Schema.NullOr(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed(null)))

/** What to do about it, as one more sentence in front. */
export const quoteIt = (word: string | null): string =>
  word === null
    ? ""
    : `If ${word} is the name of a column or dataset here: as a word of SQL it has to stand in double quotes, "${word}". `
