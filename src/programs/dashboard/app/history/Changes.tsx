import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import { linkTo } from "../route.ts"

interface Props {
  readonly datasets: Checkpoint["datasets"]
  readonly wording: (change: Checkpoint["datasets"][string], name: string) => string
}

/** What happened, or would happen, to each dataset. */
export const Changes = ({ datasets, wording }: Props) => {
  const changes = Object.entries(datasets)
  if (changes.length === 0)
    return <p className="quiet">The rows stay as they are: only the point from which the connector continues moves.</p>
  return (
    <ul className="plain changes">
      {changes.map(([name, change]) => (
        <li key={name}>
          <a href={linkTo("datasets", name)}>{name}</a> <span className="quiet">{wording(change, name)}</span>
        </li>
      ))}
    </ul>
  )
}
