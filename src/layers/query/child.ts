import { literal } from "../formats/parquet/duckDb.ts"
import { answer } from "./answer.ts"
import { complaintOf, isTooLarge, Unreadable } from "./complaint.ts"
import { Engine } from "./Engine.ts"
import { loadTable, loadView } from "./load.ts"
import type { Ask, LoadedView, Parsed, Reply } from "./protocol.ts"
import { NotASelect, referencesOf } from "./select.ts"

/**
 * The process of one query: it answers its host's messages, and is killed when that has heard enough. Strings are beyond
 * the limit that DuckDB keeps, so the process keeps an eye on itself, as its host does where the system tells.
 */
const MOST_RESIDENT = 1536 * 1024 * 1024

const die = (): void => process.kill(process.pid, "SIGKILL") as unknown as void
// A host that is gone wants no answer.
process.on("disconnect", die)
setInterval(() => {
  if (process.memoryUsage.rss() > MOST_RESIDENT) die()
}, 100).unref()

const opened = Engine.open(process.argv[2]!)

async function parse(engine: Engine, sql: string): Promise<Parsed> {
  try {
    // DuckDB takes it for the end of the text.
    const nul = sql.indexOf("\0")
    if (nul >= 0) {
      const at = Buffer.byteLength(sql.slice(0, nul))
      throw new NotASelect("it holds a NUL character", "Write chr(0) for it.", at)
    }
    const [[text]] = (await engine.rows(`SELECT json_serialize_sql(${literal(sql)})`)) as [[string]]
    const { error, error_type, error_message, position, statements } = JSON.parse(text) as {
      readonly error: boolean
      readonly error_type?: string
      readonly error_message?: string
      readonly position?: string
      readonly statements?: ReadonlyArray<{ readonly node: unknown }>
    }
    if (error && error_type !== "not implemented") {
      const at = position === undefined ? null : Number(position)
      return { type: "invalid", detail: error_message ?? "it cannot be read", at, candidates: [] }
    }
    if (error) throw new NotASelect("it is no SELECT", oneSelect)
    if (statements?.length !== 1) throw new NotASelect(`it holds ${statements?.length} statements`, oneSelect)
    return { type: "select", references: referencesOf(statements[0]) }
  } catch (error) {
    if (error instanceof NotASelect) {
      return { type: "refused", detail: error.message, next: error.next, at: error.at }
    }
    return { type: "invalid", ...complaintOf(error) }
  }
}

const oneSelect = "Write one SELECT; nothing else can be done by a query."

/** Whoever reads the error did not name a file. */
const named = <A>(dataset: string, loading: Promise<A>): Promise<A> =>
  loading.catch((error: unknown) => {
    if (isTooLarge(error)) throw error
    throw new Unreadable(`dataset "${dataset}" cannot be read: ${complaintOf(error).detail}`)
  })

/** Queries of others are between what is asked and the tables. */
let isLayered = false

async function reply(ask: Ask): Promise<Reply> {
  const engine = await opened
  switch (ask.type) {
    case "parse": {
      const parsed: Array<Parsed> = []
      for (const text of ask.texts) parsed.push(await parse(engine, text))
      return { type: "parsed", parsed }
    }
    case "load": {
      for (const table of ask.tables) await named(table.name, loadTable(engine, table))
      await engine.lock()
      const views: Array<LoadedView> = []
      for (const view of ask.views) views.push(await loadView(engine, view))
      isLayered = views.length > 0
      return { type: "loaded", views }
    }
    case "run":
      return await answer(engine, ask.sql, { rows: ask.limit, bytes: ask.bytes, isLayered })
  }
}

process.on("message", (ask: Ask) => {
  reply(ask)
    .catch((error: unknown): Reply =>
      isTooLarge(error)
        ? { type: "tooLarge", detail: complaintOf(error).detail }
        : { type: "failed", ...complaintOf(error) },
    )
    .then((answer) => process.send!(answer))
    // It cannot be sent to a host that is gone.
    .catch(die)
})
