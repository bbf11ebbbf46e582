/** The text with a line for each key that has none; null when all of them are there. */
export const envExample = (text: string, keys: ReadonlyArray<string>): string | null => {
  const missing = keys.filter((key) => !new RegExp(`^\\s*(export\\s+)?${key}\\s*=`, "m").test(text))
  if (missing.length === 0) return null
  const eol = text.includes("\r\n") ? "\r\n" : "\n"
  const end = text === "" || /[\r\n]$/.test(text) ? "" : eol
  return `${text}${end}${missing.map((key) => `${key}=${eol}`).join("")}`
}
