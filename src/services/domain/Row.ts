/**
 * A row of a dataset: column -> value. Strings, dates and timestamps are text, integers are numbers (bigint where a
 * number wouldn't hold them), json is as parsed; null is a cell that is nothing.
 */
export type Row = Readonly<Record<string, unknown>>
