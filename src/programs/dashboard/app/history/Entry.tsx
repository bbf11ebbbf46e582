import { Button } from "@mantine/core"
import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import { State } from "../parts/State.tsx"
import { Time } from "../parts/Time.tsx"
import { linkTo } from "../route.ts"
import { causeOf, changeOf, isRedo, isUndo } from "../words/history.ts"
import { exactTime } from "../words/intl.ts"
import { Changes } from "./Changes.tsx"

interface Props {
  readonly checkpoint: Checkpoint
  readonly onUndo: () => void
}

export const Entry = ({ checkpoint, onUndo }: Props) => {
  const { at, cause, datasets, undoneBy } = checkpoint
  const verb = isUndo(checkpoint) ? "Redo" : "Undo"
  const what = isUndo(checkpoint) ? "what was undone" : isRedo(checkpoint) ? "the redo" : causeOf(checkpoint)
  return (
    <li className={undoneBy === null ? "entry" : "entry undone"}>
      <div className="entry-what">
        <p className="entry-cause">
          {cause.connector === null ? (
            causeOf(checkpoint)
          ) : (
            <a href={linkTo("connectors", cause.connector)}>{causeOf(checkpoint)}</a>
          )}
          {undoneBy !== null && <State tone="idle" label="Undone" />}
        </p>
        <Changes datasets={datasets} wording={(change, name) => changeOf(checkpoint, change, name)} />
      </div>
      <p className="entry-when quiet">
        <Time at={at} />
      </p>
      {undoneBy === null && (
        <Button size="compact-sm" variant="default" onClick={onUndo} aria-label={`${verb} ${what}, ${exactTime(at)}`}>
          {verb}
        </Button>
      )}
    </li>
  )
}
