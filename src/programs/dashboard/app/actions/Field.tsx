import { NativeSelect, Textarea, TextInput } from "@mantine/core"
import type { ActionFieldInfo } from "../../../../services/domain/Action.ts"
import { isNeeded } from "./rowOf.ts"

interface Props {
  readonly field: ActionFieldInfo
  readonly text: string
  readonly problem: string | null
  readonly isFirst: boolean
  readonly onChange: (text: string) => void
}

export const Field = ({ field, text, problem, isFirst, onChange }: Props) => {
  const common = {
    label: field.name,
    description: hintOf(field),
    required: isNeeded(field),
    value: text,
    error: problem,
    "data-autofocus": isFirst ? true : undefined,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  }
  const choices = field.enum ?? (field.type === "boolean" ? [true, false] : null)
  if (choices !== null) {
    const data = choices.map((value) => ({ value: JSON.stringify(value), label: String(value) }))
    return <NativeSelect {...common} data={[{ value: "", label: "" }, ...data]} />
  }
  if (field.type === "json") return <Textarea {...common} autosize minRows={2} placeholder='{"a": 1}' />
  if (field.type === "date") return <TextInput {...common} type="date" />
  if (field.type === "timestamp") return <TextInput {...common} placeholder="2026-01-31T12:00:00Z" />
  const isNumber = field.type === "integer" || field.type === "number"
  return <TextInput {...common} inputMode={isNumber ? "decimal" : "text"} />
}

const hintOf = ({ description, min, max, default: preset }: ActionFieldInfo): string | undefined => {
  const parts = [
    description,
    min !== null && max !== null
      ? `${min} to ${max}`
      : min !== null
        ? `at least ${min}`
        : max !== null
          ? `at most ${max}`
          : null,
    preset === null || preset === undefined ? null : `left empty: ${JSON.stringify(preset)}`,
  ].filter((part) => part !== null)
  return parts.length === 0 ? undefined : parts.join(" · ")
}
