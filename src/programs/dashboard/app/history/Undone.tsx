import { Button } from "@mantine/core"
import { changeOf } from "../words/history.ts"
import { counted } from "../words/intl.ts"
import { Changes } from "./Changes.tsx"
import type { RolledBack } from "./UndoDialog.tsx"

/** What a rollback did, in the server's own count. */
export const Undone = ({ done, onClose }: { readonly done: RolledBack; readonly onClose: () => void }) => {
  const { undone, redone, datasets } = done
  const parts = [
    ...(redone.length > 0 ? [`${counted(redone.length, "checkpoint")} in force again`] : []),
    ...(undone.length > 0 ? [`${counted(undone.length, "checkpoint")} undone`] : []),
  ]
  return (
    <>
      <p role="status" className="done">
        Done: {parts.join(", ")}.
      </p>
      <Changes datasets={datasets} wording={changeOf} />
      <div className="buttons end">
        <Button onClick={onClose} data-autofocus>
          Close
        </Button>
      </div>
    </>
  )
}
