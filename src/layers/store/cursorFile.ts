const directory = "state/"

/** Relative to `.openislands`; holds a connector's `ctx.state` as JSON. */
export const cursorFile = (connector: string): string => `${directory}${connector}.json`

export const isCursorFile = (file: string): boolean => file.startsWith(directory)
