import { Button, Modal } from "@mantine/core"
import { useState } from "react"
import type { ActionInfo } from "../../../../services/domain/Action.ts"
import { useResource } from "../server/resource.ts"
import { counted } from "../words/intl.ts"
import { ActionForm } from "./ActionForm.tsx"

/** The ways to add a row by hand that the manifest declares for this dataset. */
export const Actions = ({ dataset }: { readonly dataset: string }) => {
  const { data } = useResource<{ readonly actions: ReadonlyArray<ActionInfo> }>("/api/actions")
  const [shown, setShown] = useState<ActionInfo | null>(null)
  const [added, setAdded] = useState(0)
  // Rows of any columns are nothing to make a form of.
  const actions = data?.actions.filter(
    (one) => one.dataset === dataset && one.mode === "insert" && one.fields.length > 0,
  )
  if (actions === undefined || actions.length === 0) return null
  const done = (): void => {
    setShown(null)
    setAdded(added + 1)
  }
  return (
    <section aria-labelledby="actions">
      <h2 id="actions">Add a row</h2>
      <div className="buttons">
        {actions.map((action) => (
          <Button key={action.name} variant="default" onClick={() => setShown(action)}>
            {action.name}
          </Button>
        ))}
      </div>
      <p role="status" className="quiet added">
        {added > 0 && `${counted(added, "row")} added. You can undo this under History.`}
      </p>
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        title={shown?.name}
        closeButtonProps={{ "aria-label": "Close the dialog" }}
      >
        {shown !== null && <ActionForm action={shown} onDone={done} />}
      </Modal>
    </section>
  )
}
