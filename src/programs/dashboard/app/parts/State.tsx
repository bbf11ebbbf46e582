import type { Tone } from "./tone.ts"

/** A state in a word, and a dot for those who see colours. */
export const State = ({ tone, label }: { readonly tone: Tone; readonly label: string }) => (
  <span className={`state state-${tone}`}>{label}</span>
)
