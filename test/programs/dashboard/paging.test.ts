import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as fc from "fast-check"
import { pageOf } from "../../../src/programs/dashboard/paging.ts"
import type { RowsPart } from "../../../src/services/DatasetStore.ts"
import { rowsPage } from "../../../src/programs/dashboard/rowsPage.ts"

/** All pages, one after the other; a page is never longer than was asked for. */
const allPages = Effect.fnUntraced(function* <A, E>(
  limit: number,
  page: (asked: {
    limit: number
    cursor?: string
  }) => Effect.Effect<{ items: ReadonlyArray<A>; nextCursor: string | null }, E>,
) {
  const seen: Array<A> = []
  let cursor: string | null = null
  do {
    const asked: { limit: number; cursor?: string } = cursor === null ? { limit } : { limit, cursor }
    const { items, nextCursor } = yield* page(asked)
    assert.isAtMost(items.length, limit)
    seen.push(...items)
    cursor = nextCursor
  } while (cursor !== null)
  return seen
})

it("pages of a list are the list", () =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 5 }), async (ids, limit) => {
      const seen = allPages(limit, (asked) => pageOf(ids, asked, (id) => id))
      assert.deepEqual(await Effect.runPromise(seen), ids)
    }),
  ))

it("pages of rows are the rows, however they are batched", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.bigInt(), { maxLength: 4 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      async (batches, limit) => {
        const all = batches.flat().map((id) => ({ id }))
        const sizes = batches.map(({ length }) => length)
        const rows = ({ from, most }: RowsPart) => batched(all.slice(from, from + most), sizes)
        const page = Effect.fnUntraced(function* (asked: { limit: number; cursor?: string }) {
          const text = textOf(yield* rowsPage("d", rows, asked))
          const items = [...text.matchAll(/"id":(-?\d+)/g)].map(([, id]) => BigInt(id!))
          return { items, nextCursor: JSON.parse(text).nextCursor as string | null }
        })
        assert.deepEqual(await Effect.runPromise(allPages(limit, page)), batches.flat())
      },
    ),
  ))

/** In batches of these sizes, some of them empty, as long as they last. */
const batched = <A>(all: ReadonlyArray<A>, sizes: ReadonlyArray<number>) =>
  Stream.fromIterable([
    ...sizes.map((size, at) => all.slice(sum(sizes.slice(0, at)), sum(sizes.slice(0, at)) + size)),
    all.slice(sum(sizes)),
  ])
const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, one) => total + one, 0)

const textOf = ({ body }: HttpServerResponse): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : assert.fail("no text")

it.effect("a page of big rows is cut short, and goes on where it ended", () =>
  Effect.gen(function* () {
    let read = 0
    const rows = Stream.range(1, 1_000).pipe(
      Stream.map((id) => [{ id, text: "x".repeat(1_500_000) }]),
      Stream.tap(() => Effect.sync(() => read++)),
    )
    const { rows: shown, nextCursor } = JSON.parse(textOf(yield* rowsPage("d", () => rows, { limit: 100 })))
    assert.lengthOf(shown, 3)
    assert.strictEqual(nextCursor, "3")
    assert.isBelow(read, 20, "what follows a page is not read")
  }),
)
