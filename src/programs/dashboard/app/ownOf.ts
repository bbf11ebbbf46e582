/** What a record has under a key: a column or a dataset may be named "constructor", which every object has of itself. */
export const ownOf = <A>(record: Readonly<Record<string, A>>, key: string): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined
