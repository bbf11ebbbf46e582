import { Button, TextInput } from "@mantine/core"
import { type FormEvent, useState } from "react"

/** Calls with a row's number, from 1. */
export const GoToRow = ({ onGo }: { readonly onGo: (row: number) => void }) => {
  const [text, setText] = useState("")
  const digits = text.replace(/[\s.,'’_]/g, "")
  const isRow = /^[1-9]\d{0,11}$/.test(digits)
  const go = (event: FormEvent): void => {
    event.preventDefault()
    if (isRow) onGo(Number(digits))
  }
  return (
    <form className="go-to" onSubmit={go}>
      <TextInput
        size="sm"
        aria-label="Go to row"
        placeholder="Go to row"
        inputMode="numeric"
        value={text}
        error={text !== "" && !isRow}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" size="sm">
        Go
      </Button>
    </form>
  )
}
