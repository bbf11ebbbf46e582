export type Tone = "good" | "busy" | "attention" | "bad" | "idle"
