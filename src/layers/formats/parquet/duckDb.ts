import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBValue } from "@duckdb/node-api"

/** The library, loaded on first use: nothing else of ours pays for it. */
export type Library = typeof import("@duckdb/node-api")

/** Text as SQL. */
export const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`
/** A path as SQL, for what reads files: to that, `*`, `?` and `[` make of it a pattern of names. */
export const pathLiteral = (file: string): string => literal(patternOf(file))
/** Of this name and no other. */
const patternOf = (file: string): string => file.replace(/[*?[]/g, "[$&]")
/** A name as SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

export interface Access {
  /** Absolute paths of the only files it may open, to read or to write. */
  readonly files: ReadonlyArray<string>
  /** An existing directory for what doesn't fit in memory; null where nothing can grow. */
  readonly temporary: string | null
  /** Reading keeps the order of rows in any query. Writing sizes row groups by bytes, which rules that out. */
  readonly mode: "read" | "write"
}

/** A DuckDB in memory that sees no file but those it was opened for, and the network not at all. To be closed. */
export class DuckDb {
  readonly library: Library
  readonly connection: DuckDBConnection
  readonly #instance: DuckDBInstance

  private constructor(library: Library, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.library = library
    this.#instance = instance
    this.connection = connection
  }

  static async open({ files, temporary, mode }: Access): Promise<DuckDb> {
    const library = await import("@duckdb/node-api")
    const instance = await library.DuckDBInstance.create(":memory:", {
      memory_limit: "512MB",
      // A second thread would hold chunks ahead of whoever reads, each of 2,048 rows however long.
      threads: "1",
      preserve_insertion_order: mode === "read" ? "true" : "false",
      temp_directory: temporary ?? "",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    })
    try {
      const duckDb = new DuckDb(library, instance, await instance.connect())
      await duckDb.rows("SET TimeZone = 'UTC'")
      // Counted without the texts, so that more than a few rows would be gigabytes of long ones.
      await duckDb.rows("SET streaming_buffer_size = '1KB'")
      await duckDb.rows(`SET allowed_paths = [${[...files, ...files.map(patternOf)].map(literal).join(", ")}]`)
      // It may write to that directory anyway; to be read, what it writes there is named by a pattern.
      if (temporary !== null) await duckDb.rows(`SET allowed_directories = [${pathLiteral(temporary)}]`)
      await duckDb.rows("SET enable_external_access = false")
      await duckDb.rows("SET lock_configuration = true")
      return duckDb
    } catch (error) {
      instance.closeSync()
      throw error
    }
  }

  /** All rows of an answer that is known to be small. */
  async rows(sql: string): Promise<Array<Array<DuckDBValue>>> {
    return (await this.connection.run(sql)).getRows()
  }

  /** An answer that comes chunk by chunk, as it is asked for. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk, void, undefined> {
    const result = await this.connection.stream(sql)
    let left = true
    try {
      for await (const chunk of result) yield chunk
      left = false
    } catch (error) {
      left = false
      throw error
    } finally {
      // A next query ends the one before, and closes its files; else they would wait for the garbage collector.
      if (left) await this.rows("SELECT 1")
    }
  }

  close(): void {
    this.connection.closeSync()
    this.#instance.closeSync()
  }
}
