import {
  byCursor,
  byLink,
  byOffset,
  byPage,
  byUrl,
  type Next,
  pages,
  paginate,
  type SyncContext,
} from "@openislands/connector-kit"
import { z } from "zod"
import { atMost, before, orderOf } from "./cursor.ts"

const path = z.string().regex(/^[^.]+(\.[^.]+)*$/, "names with dots between them, as in data.items")

export const config = z
  .object({
    url: z.url().describe("Of the first page, with whatever parameters it needs"),
    rows: path.optional().describe("Where the array of rows is in an answer; left out, the answer is the array"),
    pagination: z
      .discriminatedUnion("kind", [
        z.object({ kind: z.literal("none") }),
        z.object({ kind: z.literal("page"), parameter: z.string().default("page"), first: z.int().default(1) }),
        z.object({ kind: z.literal("offset"), parameter: z.string().default("offset") }),
        z.object({ kind: z.literal("cursor"), parameter: z.string().default("cursor"), path }),
        z.object({ kind: z.literal("url"), path }),
        z.object({ kind: z.literal("link") }),
      ])
      .default({ kind: "none" }),
    headers: z.record(z.string(), z.string()).default({}).describe("Nothing secret: this stands in the manifest"),
    key: z.array(z.string()).min(1).optional().describe('The columns that tell rows apart, such as ["id"]'),
    changes: z
      .object({
        parameter: z.string().describe("What asks for rows since then, such as updated_since"),
        column: z.string().describe("What each row tells of it, such as updated_at"),
        overlap: z.number().min(0).default(300).describe("Looks back by so many seconds, or units of a number"),
      })
      .optional()
      .describe("Asks for what changed since the last sync, instead of all rows; needs a key"),
  })
  .refine(({ key, changes }) => changes === undefined || key !== undefined, {
    path: ["changes"],
    error: "needs a key: rows that come twice have to be told from new ones",
  })

export const outputs = {
  rows: { description: "the rows as they come, replaced each sync, or upserted with `changes`", key: "_key" },
} as const

type Row = Readonly<Record<string, unknown>>
type Context = SyncContext<{ rows: Row }, z.output<typeof config>, never, any, "rows">

export const pull = async (ctx: Context): Promise<void> => {
  const { headers, key, changes } = ctx.config
  const url = new URL(ctx.config.url)
  const options = { fetch: ctx.fetch, init: { headers }, rows: rowsIn(ctx.config.rows), next: nextOf(ctx.config) }
  if (changes === undefined) {
    const rows = paginate({ ...options, url })
    await ctx.replace("rows", key === undefined ? rows : once(rows, key, ctx.log))
    return
  }
  const begun = Date.now()
  let newest = ctx.state.newest as string | number | undefined
  if (newest !== undefined) url.searchParams.set(changes.parameter, String(before(newest, changes.overlap)))
  for await (const { rows } of pages({ ...options, url })) {
    await ctx.upsert(
      "rows",
      rows.map((row) => keyed(row, key!)),
    )
    for (const { [changes.column]: at } of rows) {
      if (typeof at !== "string" && typeof at !== "number") {
        throw new Error(`changes.column: "${changes.column}" of a row is ${JSON.stringify(at) ?? "not there"}`)
      }
      if (newest === undefined || orderOf(at) > orderOf(newest)) newest = at
    }
  }
  // What changed while the pages were read may be on one that was read before: it is asked for again.
  if (newest !== undefined) ctx.state.newest = atMost(newest, begun)
}

const rowsIn = (path: string | undefined) => (body: unknown) => {
  const found = path === undefined ? body : valueAt(body, path)
  if (Array.isArray(found) && found.every((row) => typeof row === "object" && row !== null && !Array.isArray(row))) {
    return found as Array<Row>
  }
  throw new Error(`rows: ${path === undefined ? "the answer" : `"${path}" of the answer`} is no array of objects`)
}

const valueAt = (body: any, path: string): any => path.split(".").reduce((value, name) => value?.[name], body)

const nextOf = ({ pagination: by }: z.output<typeof config>): Next => {
  switch (by.kind) {
    case "none":
      return () => null
    case "page":
      return byPage(by.parameter, { first: by.first })
    case "offset":
      return byOffset(by.parameter)
    case "cursor":
      return byCursor(by.parameter, (body) => valueAt(body, by.path))
    case "url":
      return byUrl((body) => valueAt(body, by.path))
    case "link":
      return byLink()
  }
}

/** Rows that come or go while pages are read move others from one page to the next: with a key none counts twice. */
async function* once(rows: AsyncIterable<Row>, key: ReadonlyArray<string>, log: Context["log"]) {
  const seen = new Set<string>()
  let again = 0
  for await (const row of rows) {
    const one = keyed(row, key)
    if (seen.has(one._key)) again++
    else yield one
    seen.add(one._key)
  }
  if (again > 0) log(`${again} rows came again with a key that was there, and are left out`)
}

/** A key of several columns is one text, as JSON. */
const keyed = (row: Row, key: ReadonlyArray<string>) => {
  const values = key.map((column) => {
    const value = row[column]
    if (value === null || value === undefined) throw new Error(`key: a row has no "${column}": ${JSON.stringify(row)}`)
    return value
  })
  return { _key: values.length === 1 ? String(values[0]) : JSON.stringify(values), ...row }
}
