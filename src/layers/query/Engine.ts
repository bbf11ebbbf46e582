import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api"
import type { Library } from "../formats/parquet/duckDb.ts"

/** Bytes that DuckDB may hold in memory, and set aside on disk. */
const MEMORY = "512MB"
const ASIDE = "4GB"

/**
 * The DuckDB of one query, in memory. It is opened with access to files, through which our own SQL brings the datasets in;
 * once `lock` was called it has none, and no setting can be changed: what is asked then sees tables and nothing else.
 */
export class Engine {
  readonly library: Library
  readonly connection: DuckDBConnection

  private constructor(library: Library, connection: DuckDBConnection) {
    this.library = library
    this.connection = connection
  }

  /** `aside` is a directory for what doesn't fit in memory. */
  static async open(aside: string): Promise<Engine> {
    const library = await import("@duckdb/node-api")
    const instance = await library.DuckDBInstance.create(":memory:", {
      memory_limit: MEMORY,
      threads: "2",
      temp_directory: aside,
      max_temp_directory_size: ASIDE,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      allow_community_extensions: "false",
    })
    const engine = new Engine(library, await instance.connect())
    await engine.rows("SET TimeZone = 'UTC'")
    await engine.rows("SET errors_as_json = true")
    // Counted without the texts, so that more than a few rows would be gigabytes of long ones.
    await engine.rows("SET streaming_buffer_size = '1KB'")
    return engine
  }

  async lock(): Promise<void> {
    await this.rows("SET enable_external_access = false")
    await this.rows("SET lock_configuration = true")
  }

  /** All rows of an answer that is known to be small. */
  async rows(sql: string): Promise<Array<Array<DuckDBValue>>> {
    return (await this.connection.run(sql)).getRows()
  }
}
