import type { Contract } from "../../../services/domain/Contract.ts"
import { storedType } from "./cells.ts"
import { type DuckDb, identifier, literal } from "./duckDb.ts"
import { RowSource } from "./rowSource.ts"

/**
 * Writes the rows of a query as a Parquet file, with the columns of the contract, and answers how many they are. The
 * query must have one source, which one thread scans from its beginning: the parts of a UNION ALL would mix.
 */
export async function copyQuery(duckDb: DuckDb, sql: string, contract: Contract, target: string): Promise<number> {
  const names = contract.columns.map(({ name }) => identifier(name)).join(", ")
  // By bytes, because a row group is held in memory when it is written and when it is read.
  const [answer] = await duckDb.rows(
    `COPY (SELECT * FROM (${sql}) AS t(${names})) TO ${literal(target)} ` +
      `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE_BYTES '32MB', USE_TMP_FILE false)`,
  )
  return Number(answer![0])
}

/** The same with the rows of files of JSON Lines, one after the other. Throws as `RowSource` does. */
export async function copyRows(
  duckDb: DuckDb,
  files: ReadonlyArray<string>,
  contract: Contract,
  target: string,
): Promise<number> {
  const { library, connection } = duckDb
  const source = new RowSource(library, files, contract)
  // DuckDB keeps only the text of what is thrown.
  const failed: Array<unknown> = []
  const table = library.DuckDBTableFunction.create({
    name: "json_lines",
    bindFunction: (info) => {
      for (const [at, { type }] of contract.columns.entries()) {
        info.addResultColumn(`c${at}`, storedType(library, type))
      }
    },
    initFunction: (info) => info.setMaxThreads(1),
    mainFunction: (_info, chunk) => {
      try {
        chunk.setColumns(source.next())
      } catch (error) {
        failed.push(error)
        throw error
      }
    },
  })
  try {
    connection.registerTableFunction(table)
    return await copyQuery(duckDb, "FROM json_lines()", contract, target)
  } catch (error) {
    throw failed.length > 0 ? failed[0] : error
  } finally {
    source.close()
    table.destroySync()
  }
}
