import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"

/** What the API answers beyond the types that all faces share; `../../bodies.ts` has their schemas. */
export interface Connectors {
  readonly connectors: ReadonlyArray<ConnectorStatus>
  /** What is wrong with the manifest, at its place: the connectors are those of the last good one then. */
  readonly error?: ErrorDocument
}

export interface Connector extends ConnectorStatus {
  readonly redirectUri: string | null
  readonly config: unknown
}

export interface Line {
  readonly stream: string
  readonly text: string
}

export interface Dataset {
  readonly name: string
  readonly kind: "source" | "sql"
  readonly source: string | null
  /** The file of its query. */
  readonly sql: string | null
  readonly table: string | null
  readonly format: string | null
  readonly description: string | null
}

export interface Columns {
  readonly columns: ReadonlyArray<{
    readonly name: string
    readonly type: string
    readonly optional: boolean
    readonly mixed: boolean
  }>
}

export interface Count {
  readonly rows: number
}

export interface Rows {
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly nextCursor: string | null
}
