import { Table } from "../parts/Table.tsx"
import type { Columns as Shown } from "../server/types.ts"

/** The contract: what each column holds, and what a sync is held to. */
export const Columns = ({ columns }: Shown) => {
  if (columns.length === 0) return <p className="quiet">The first rows that are written settle them.</p>
  return (
    <Table label="Columns">
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Type</th>
          <th scope="col">May be empty</th>
        </tr>
      </thead>
      <tbody>
        {columns.map(({ name, type, optional, mixed }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{mixed ? `${type} (mixed)` : type}</td>
            <td>{optional ? "yes" : "no"}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
