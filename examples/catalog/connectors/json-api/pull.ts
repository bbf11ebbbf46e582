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
import { createHash } from "node:crypto"
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
    key: z.array(path).min(1).optional().describe('What tells rows apart, such as ["id"] or ["station.code"]'),
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
    await ctx.replace(
      "rows",
      key === undefined ? paginate({ ...options, url }) : once(pages({ ...options, url }), key, ctx.log),
    )
    return
  }
  const begun = Date.now()
  let newest = ctx.state.newest as string | number | undefined
  if (newest !== undefined) url.searchParams.set(changes.parameter, String(before(newest, changes.overlap)))
  for await (const { rows } of pages({ ...options, url })) {
    await ctx.upsert("rows", [...distinct(rows, key!, new Map())])
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
async function* once(
  answers: AsyncIterable<{ rows: ReadonlyArray<Row> }>,
  key: ReadonlyArray<string>,
  log: Context["log"],
) {
  const seen = new Map<string, string>()
  let read = 0
  for await (const { rows } of answers) {
    read += rows.length
    yield* distinct(rows, key, seen)
  }
  const again = read - seen.size
  if (again > 0)
    log(`left out, as they came a second time just as they were: ${again === 1 ? "1 row" : `${again} rows`}`)
}

/** The rows whose key was not `seen`. A key that two different rows have would drop one of them: that is an error. */
function* distinct(rows: ReadonlyArray<Row>, key: ReadonlyArray<string>, seen: Map<string, string>) {
  for (const row of rows) {
    const one = keyed(row, key)
    const text = JSON.stringify(row)
    const digest = createHash("sha256").update(text).digest("base64")
    const same = seen.get(one._key)
    if (same !== undefined && same !== digest) {
      throw new Error(
        `key: two different rows have the key ${one._key}, the second is ${shown(text)}. ` +
          `Name what tells them apart in key; if that row was changed while pages were read, sync again`,
      )
    }
    if (same === undefined) yield one
    seen.set(one._key, digest)
  }
}

/** A key of several columns is one text, as JSON. */
const keyed = (row: Row, key: ReadonlyArray<string>) => {
  const values = key.map((name) => {
    // A column may have a dot in its own name.
    const value = Object.hasOwn(row, name) ? row[name] : valueAt(row, name)
    if (value === null || value === undefined) {
      throw new Error(`key: a row has no "${name}": ${shown(JSON.stringify(row))}`)
    }
    if (typeof value === "object") {
      const inside = Array.isArray(value) ? undefined : Object.keys(value)[0]
      const such = inside === undefined ? "" : `: name what is inside of it, such as "${name}.${inside}"`
      const text = shown(JSON.stringify(value))
      throw new Error(`key: "${name}" of a row is ${text}, and a key is text or a number${such}`)
    }
    return value as string | number | boolean
  })
  return { _key: values.length === 1 ? String(values[0]) : JSON.stringify(values), ...row }
}

const shown = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text)
