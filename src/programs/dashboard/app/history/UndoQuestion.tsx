import { Button } from "@mantine/core"
import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"
import { Problem } from "../parts/Problem.tsx"
import { Time } from "../parts/Time.tsx"
import { causeOf, changeOf, isRedo, isUndo } from "../words/history.ts"
import { counted } from "../words/intl.ts"
import { Changes } from "./Changes.tsx"
import type { Together } from "./together.ts"

interface Props {
  readonly target: Checkpoint
  readonly together: Together
  readonly isBusy: boolean
  readonly refused: ErrorDocument | null
  readonly onRollback: (force: boolean) => Promise<void>
  readonly onClose: () => void
}

/** What would come of a rollback, before it is made. */
export const UndoQuestion = ({ target, together, isBusy, refused, onRollback, onClose }: Props) => {
  const { undone, redone, older } = together
  const redoes = isUndo(target)
  // A redo turns back rollbacks as well, newer ones than the target, too.
  const later = undone.filter((one) => one.checkpoint_id !== target.checkpoint_id && !(redoes && isUndo(one)))
  return (
    <>
      {redone.length > 0 && <List title={`${theseAre(redone.length)} brought back:`} checkpoints={redone} />}
      {!redoes && <List title="This is undone:" checkpoints={[target]} />}
      {later.length > 0 && (
        <List title={isRedo(target) ? "And with it:" : alsoUndone(later.length)} checkpoints={later} />
      )}
      {older > 0 && <p>And {counted(older, "older checkpoint")}, which this page does not show.</p>}
      <Afterwards {...together} />
      <p className="quiet">
        {redoes
          ? "Everything else stays. You can undo it again."
          : "Everything else stays. The undo is a checkpoint itself: you can redo it."}
      </p>
      {refused !== null && (
        <Problem error={refused} isNew>
          {refused._tag === "DatasetChanged" && (
            <Button size="compact-sm" variant="default" onClick={() => void onRollback(true)}>
              Do it all the same, and keep the edits
            </Button>
          )}
        </Problem>
      )}
      <div className="buttons end">
        <Button variant="default" onClick={onClose} data-autofocus autoFocus>
          Leave it
        </Button>
        <Button onClick={() => void onRollback(false)} loading={isBusy}>
          {redoes ? "Redo" : isRedo(target) ? "Undo" : `Undo ${counted(undone.length + older, "checkpoint")}`}
        </Button>
      </div>
    </>
  )
}

const theseAre = (count: number): string => (count === 1 ? "This is" : "These are")

const alsoUndone = (count: number): string =>
  count === 1
    ? "Also undone, as it builds on this or is part of the same sync:"
    : "Also undone, as they build on this or are part of the same sync:"

/** What it comes to: rows that several checkpoints wrote are not simply all that they wrote. */
const Afterwards = ({ datasets, turned }: Pick<Together, "datasets" | "turned">) => (
  <div className="in-all">
    <p>Your data afterwards:</p>
    <Changes datasets={datasets} wording={(change, name) => changeOf({ turned }, change, name)} />
  </div>
)

interface Listed {
  readonly title: string
  readonly checkpoints: ReadonlyArray<Checkpoint>
}

const List = ({ title, checkpoints }: Listed) => (
  <>
    <p>{title}</p>
    <ul className="plain listed">
      {checkpoints.map((one) => (
        <li key={one.checkpoint_id}>
          <p className="entry-cause">
            {causeOf(one)}{" "}
            <span className="quiet">
              <Time at={one.at} />
            </span>
          </p>
          <Changes datasets={one.datasets} wording={(change, name) => changeOf(one, change, name)} />
        </li>
      ))}
    </ul>
  </>
)
