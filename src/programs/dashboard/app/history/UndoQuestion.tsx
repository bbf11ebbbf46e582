import { Button } from "@mantine/core"
import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"
import { Problem } from "../parts/Problem.tsx"
import { Time } from "../parts/Time.tsx"
import { causeOf, changeOf, isRedo, isUndo, turnOf, undoOf } from "../words/history.ts"
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
      {redone.length > 0 && <List title="In force again:" checkpoints={redone} wording={changeOf} />}
      {!redoes && <List title="This is taken back:" checkpoints={[target]} wording={undoOf} />}
      {later.length > 0 && (
        <List
          title={`With it ${later.length === 1 ? "goes" : "go"} ${counted(later.length, "checkpoint")} that ${later.length === 1 ? "stands" : "stand"} on the same:`}
          checkpoints={later}
          wording={undoOf}
        />
      )}
      {later.length + redone.length > 1 && <InAll {...together} />}
      {older > 0 && <p>And {counted(older, "older checkpoint")}, which this page does not show.</p>}
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

const InAll = ({ datasets, turned }: Pick<Together, "datasets" | "turned">) => (
  <div className="in-all">
    <p>In all:</p>
    <Changes datasets={datasets} wording={(change, name) => turnOf({ turned }, change, name)} />
  </div>
)

interface Listed {
  readonly title: string
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly wording: typeof changeOf
}

const List = ({ title, checkpoints, wording }: Listed) => (
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
          <Changes datasets={one.datasets} wording={(change, name) => wording(one, change, name)} />
        </li>
      ))}
    </ul>
  </>
)
