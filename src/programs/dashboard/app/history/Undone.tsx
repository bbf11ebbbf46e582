import { Button } from "@mantine/core"
import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import type { RolledBack } from "../../../../services/History.ts"
import { changeOf } from "../words/history.ts"
import { counted } from "../words/intl.ts"
import { Changes } from "./Changes.tsx"

interface Props {
  readonly target: Checkpoint
  readonly done: RolledBack
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly onClose: () => void
}

/** What a rollback did, in the server's own count. */
export const Undone = ({ target, done: { redone, datasets, turned, ...done }, checkpoints, onClose }: Props) => {
  // Of a redo rollbacks are undone as well, which nobody thinks of as something that they had.
  const rollbacks = new Set(
    checkpoints.filter(({ cause }) => cause.type === "rollback").map((one) => one.checkpoint_id),
  )
  const undone = target.cause.type === "rollback" ? done.undone.filter((id) => !rollbacks.has(id)) : done.undone
  const parts = [
    ...(redone.length > 0 ? [`${counted(redone.length, "checkpoint")} brought back`] : []),
    ...(undone.length > 0 ? [`${counted(undone.length, "checkpoint")} undone`] : []),
  ]
  return (
    <>
      <p role="status" className="done">
        Done: {parts.join(", ")}.
      </p>
      <Changes datasets={datasets} wording={(change, name) => changeOf({ turned }, change, name)} />
      <div className="buttons end">
        <Button onClick={onClose} data-autofocus>
          Close
        </Button>
      </div>
    </>
  )
}
