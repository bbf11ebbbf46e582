import { ownOf } from "../ownOf.ts"
import { Table } from "../parts/Table.tsx"
import { number } from "../words/intl.ts"

interface Props {
  readonly rows: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** Of the contract, in its order. */
  readonly columns: ReadonlyArray<string>
  readonly start: number
}

export const RowsTable = ({ rows, columns, start }: Props) => {
  const shown = columns.length > 0 ? columns : Object.keys(rows[0] ?? {})
  return (
    <Table label="Rows of the dataset">
      <thead>
        <tr>
          <th scope="col" className="numeric quiet">
            #
          </th>
          {shown.map((column) => (
            <th scope="col" key={column} className={isNumeric(ownOf(rows[0] ?? {}, column)) ? "numeric" : undefined}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={start + index}>
            <td className="numeric quiet">{number(start + index + 1)}</td>
            {shown.map((column) => (
              <Cell key={column} value={ownOf(row, column)} />
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

const isNumeric = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint"

/** Values as they are written in the file: data is not put into anybody's language. */
const Cell = ({ value }: { readonly value: unknown }) => {
  if (value === null || value === undefined) return <td className="null">null</td>
  if (isNumeric(value)) return <td className="numeric">{String(value)}</td>
  const text = typeof value === "string" ? value : JSON.stringify(value, exact)
  return <td title={text.length > 60 ? text.slice(0, 2_000) : undefined}>{text.slice(0, 200)}</td>
}

const exact = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value)
