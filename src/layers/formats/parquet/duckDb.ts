import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBValue } from "@duckdb/node-api"

/** The library, loaded on first use: nothing else of ours pays for it. */
export type Library = typeof import("@duckdb/node-api")

/** Text as SQL. */
export const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`
/** A name as SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

export interface Access {
  /** Absolute paths of the only files it may open, to read or to write. */
  readonly files: ReadonlyArray<string>
  /** An existing directory for what doesn't fit in memory; null where nothing can grow. */
  readonly temporary: string | null
  /**
   * `ordered` answers queries in the order of the file. `single` runs on one thread, one source after the other, which
   * is the same order, and lets the size of row groups go by bytes.
   */
  readonly mode: "ordered" | "single"
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
      threads: mode === "ordered" ? "2" : "1",
      preserve_insertion_order: mode === "ordered" ? "true" : "false",
      temp_directory: temporary ?? "",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    })
    try {
      const duckDb = new DuckDb(library, instance, await instance.connect())
      await duckDb.rows("SET TimeZone = 'UTC'")
      await duckDb.rows(`SET allowed_paths = [${files.map(literal).join(", ")}]`)
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
  stream(sql: string): Promise<DuckDBResult> {
    return this.connection.stream(sql)
  }

  /** Ends what is still running; files are closed once nobody holds an answer any more. */
  close(): void {
    this.connection.interrupt()
    this.connection.closeSync()
    this.#instance.closeSync()
  }
}
