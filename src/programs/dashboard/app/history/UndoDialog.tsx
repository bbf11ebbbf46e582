import { Modal } from "@mantine/core"
import { useState } from "react"
import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import type { Foreseen, RolledBack } from "../../../../services/History.ts"
import { Loaded } from "../parts/Loaded.tsx"
import { post, segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import { useAction } from "../server/useAction.ts"
import { isUndo } from "../words/history.ts"
import { togetherOf } from "./together.ts"
import { Undone } from "./Undone.tsx"
import { UndoQuestion } from "./UndoQuestion.tsx"

interface Props {
  /** Null: there is nothing to ask. */
  readonly target: Checkpoint | null
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly onClose: () => void
}

export const UndoDialog = ({ target, checkpoints, onClose }: Props) => (
  <Modal
    opened={target !== null}
    onClose={onClose}
    title={target !== null && isUndo(target) ? "Redo" : "Undo"}
    size="lg"
    closeButtonProps={{ "aria-label": "Close the dialog" }}
    // The button that opened it is gone when it did its work.
    onExitTransitionEnd={() => {
      if (document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus()
    }}
  >
    {target !== null && <Steps {...{ target, checkpoints, onClose }} />}
  </Modal>
)

/** Asks, and then says what has come of it. */
const Steps = ({ target, checkpoints, onClose }: Props & { readonly target: Checkpoint }) => {
  const at = `/api/checkpoints/${segments(target.checkpoint_id)}/rollback`
  const [done, setDone] = useState<RolledBack | null>(null)
  const { act, isBusy, refused } = useAction()
  // What is undone cannot be undone once more, and the server would say so.
  const foreseen = useResource<Foreseen>(at, { isPaused: isBusy || done !== null })
  const rollback = (force: boolean) => act(async () => setDone(await post(at, force ? { force } : undefined)))
  if (done !== null) return <Undone {...{ target, done, checkpoints, onClose }} />
  return (
    <Loaded answer={foreseen}>
      {(data) => (
        <UndoQuestion
          {...{ target, isBusy, refused, onClose }}
          together={togetherOf(data, checkpoints)}
          onRollback={rollback}
        />
      )}
    </Loaded>
  )
}
