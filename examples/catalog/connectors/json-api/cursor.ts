/** Text that begins as a time does: what separates day and time, the time, and its zone, as far as it has them. */
const time = /^\d{4}-\d\d-\d\d(?:([T ])\d\d:\d\d(?::\d\d(?:[.]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** What tells which is newer: of a time its epoch milliseconds, else the thing itself. */
export const orderOf = (at: string | number): string | number => {
  const found = typeof at === "string" ? time.exec(at) : null
  if (found === null) return at
  const [all, separator, zone] = found
  // Without a zone it is the provider's time, whatever that is: two of them compare all the same.
  return Date.parse(separator === undefined || zone !== undefined ? all : `${all.replace(" ", "T")}Z`)
}

/** So much before: seconds of a time, units of a number. Other text stays as it is. */
export const before = (at: string | number, overlap: number): string | number => {
  const order = orderOf(at)
  if (typeof at === "number") return at - overlap
  return typeof order === "string" ? at : inForm(at, order - overlap * 1000)
}

/** A time, or this one (epoch milliseconds) if that is earlier. */
export const atMost = (at: string | number, limit: number): string | number => {
  const order = orderOf(at)
  return typeof at === "string" && typeof order === "number" && order > limit ? inForm(at, limit) : at
}

/** A day, or a time with or without a zone, as the other one is; without parts of seconds, and a zone is UTC. */
const inForm = (at: string, epoch: number): string => {
  const [, separator, zone] = time.exec(at)!
  const iso = new Date(epoch).toISOString()
  if (separator === undefined) return iso.slice(0, 10)
  return iso.slice(0, 19).replace("T", separator) + (zone === undefined ? "" : "Z")
}
