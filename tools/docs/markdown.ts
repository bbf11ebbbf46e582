/** A cell of a table: what would end it is escaped. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ")

/** Without rows there is no table. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.length === 0
    ? ""
    : [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n")

export const code = (text: string): string => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``)

export const fence = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``

/** Paragraphs, those that are empty left out. */
export const paragraphs = (...parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join("\n\n")
