interface TakenFlag {
  readonly type: "boolean" | "string"
  /** What it takes, in a word; null for one that is there or not. */
  readonly takes: "integer" | "string" | null
  readonly says: string
}

/** What may be said to the demo, as it reads it itself and as the command line's own help and pages tell it. */
export const flags = {
  once: {
    type: "boolean",
    takes: null,
    says: "Without a browser: sign in, sync, query, undo and redo, say what was done, and end",
  },
  port: {
    type: "string",
    takes: "integer",
    says: "Where the dashboard listens (default: 4321, or the next that is free)",
  },
  dir: {
    type: "string",
    takes: "string",
    says: "Where the project is made (default: .demo in the current directory)",
  },
  keep: { type: "boolean", takes: null, says: "Go on with the project that is there" },
} as const satisfies Readonly<Record<string, TakenFlag>>

export const description = "Show all of it on this machine: a provider, a project that uses it, and the dashboard"
