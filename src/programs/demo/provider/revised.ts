interface Revised {
  readonly updated_at: string
}

/**
 * One page of the rows that were revised after the query's `updated_since`, by the time of that. A cursor names the last
 * time of the first page's answer, so that what is revised while somebody pages comes with their next sync.
 */
export const revisedSince = <A extends Revised>(all: ReadonlyArray<A>, query: URLSearchParams, page: number) => {
  const since = query.get("updated_since") ?? ""
  const [until, from] = positionOf(query.get("cursor"))
  const found = all
    .filter(({ updated_at: at }) => at > since && (until === null || at <= until))
    .toSorted((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at))
  const rows = found.slice(from, from + page)
  const isMore = from + page < found.length
  return { rows, next_cursor: isMore ? `${until ?? found.at(-1)!.updated_at}~${from + page}` : null }
}

const positionOf = (cursor: string | null): readonly [until: string | null, from: number] => {
  const [until, from] = cursor?.split("~") ?? []
  return [until ?? null, Number(from ?? 0)]
}
