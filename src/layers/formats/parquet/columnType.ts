import type { DuckDBType } from "@duckdb/node-api"
import type { ColumnType } from "../../../services/domain/Contract.ts"
import type { Library } from "./duckDb.ts"

/** What a type of DuckDB's is to us. */
export function columnTypeOf({ DuckDBTypeId: id }: Library, type: DuckDBType): ColumnType {
  switch (type.typeId) {
    case id.TINYINT:
    case id.SMALLINT:
    case id.INTEGER:
    case id.BIGINT:
    case id.UTINYINT:
    case id.USMALLINT:
    case id.UINTEGER:
    case id.UBIGINT:
    case id.HUGEINT:
    case id.UHUGEINT:
      return "integer"
    case id.FLOAT:
    case id.DOUBLE:
    case id.DECIMAL:
      return "number"
    case id.BOOLEAN:
      return "boolean"
    case id.DATE:
      return "date"
    case id.TIMESTAMP:
    case id.TIMESTAMP_S:
    case id.TIMESTAMP_MS:
    case id.TIMESTAMP_NS:
    case id.TIMESTAMP_TZ:
      return "timestamp"
    case id.STRUCT:
    case id.LIST:
    case id.ARRAY:
    case id.MAP:
    case id.UNION:
      return "json"
    case id.SQLNULL:
      return "unknown"
    default:
      return type.alias === "JSON" ? "json" : "string"
  }
}
