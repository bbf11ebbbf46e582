import { Button } from "@mantine/core"
import { type FormEvent, useEffect, useRef, useState } from "react"
import type { ActionInfo } from "../../../../services/domain/Action.ts"
import { ownOf } from "../ownOf.ts"
import { Problem } from "../parts/Problem.tsx"
import { post } from "../server/ask.ts"
import { useAction } from "../server/useAction.ts"
import { Field } from "./Field.tsx"
import { type Problems, problemsIn, rowOf } from "./rowOf.ts"

/** One row; what it may hold is for the server to say, at the field that is at fault. */
export const ActionForm = ({ action, onDone }: { readonly action: ActionInfo; readonly onDone: () => void }) => {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const [unreadable, setUnreadable] = useState<Problems>({})
  const { act, isBusy, refused } = useAction()
  const problems = { ...problemsIn(refused), ...unreadable }
  const form = useRef<HTMLFormElement>(null)
  // What is at fault is read out, and is where the typing goes on.
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [refused, unreadable])
  const send = (event: FormEvent): void => {
    event.preventDefault()
    const { row, problems } = rowOf(action.fields, texts)
    setUnreadable(problems)
    if (isBusy || Object.keys(problems).length > 0) return
    void act(async () => {
      await post("/api/actions/run", { calls: [{ action: action.name, rows: [row] }] })
      onDone()
    })
  }
  return (
    <form ref={form} onSubmit={send} className="form" noValidate>
      {action.description !== null && <p className="quiet">{action.description}</p>}
      {action.fields.map((field, index) => (
        <Field
          key={field.name}
          field={field}
          isFirst={index === 0}
          text={ownOf(texts, field.name) ?? ""}
          problem={ownOf(problems, field.name) ?? null}
          onChange={(text) => setTexts({ ...texts, [field.name]: text })}
        />
      ))}
      {refused !== null && Object.keys(problems).length === 0 && <Problem error={refused} isNew />}
      <div className="buttons end">
        <Button type="submit" loading={isBusy}>
          Add the row
        </Button>
      </div>
    </form>
  )
}
