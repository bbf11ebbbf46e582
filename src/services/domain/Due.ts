/** When a connector is to sync next, and why then. */
export interface Due {
  /** Epoch milliseconds; in the past when it is overdue. Null: not by itself. */
  readonly at: number | null
  /** A phrase that goes on from "next sync: ...". */
  readonly reason: string
}
