import { createScanner, findNodeAtLocation, type Node, parseTree } from "jsonc-parser"

/**
 * Adds a property to an object of a JSON text with comments, as its last one. Every character that was there stays,
 * comments beside the property that they are about. (jsonc-parser's own `modify` moves the last one's to the new one.)
 */
export const insertProperty = (text: string, path: ReadonlyArray<string>, name: string, value: string): string => {
  const root = parseTree(text, [], { allowTrailingComma: true })
  const object = root && findNodeAtLocation(root, [...path])
  if (object?.type !== "object") throw new Error(`there is no object at ${path.join(".") || "the root"}`)
  const close = object.offset + object.length - 1
  const last = object.children?.at(-1)
  const comma = last === undefined ? null : commaBetween(text, last.offset + last.length, close)
  const property = `${JSON.stringify(name)}: ${value}`
  const inner = text.slice(object.offset + 1, close)

  const before = text.slice(0, close).trimEnd().length
  const put = (gap: string, added: string, behind: string): string => {
    const end = comma === null ? "" : ","
    const withProperty = `${text.slice(0, before)}${gap}${added}${end}${behind}${text.slice(close)}`
    return last === undefined || comma !== null ? withProperty : spliced(withProperty, last.offset + last.length, ",")
  }
  // A list of properties on one line stays one.
  if (last !== undefined && !/[\r\n]/.test(inner) && !value.includes("\n")) {
    return put(" ", property, text.slice(before, close))
  }
  const eol = text.includes("\r\n") ? "\r\n" : "\n"
  const unit = /[\r\n]([ \t]+)\S/.exec(text)?.[1] ?? "  "
  const outer = indentAt(text, object.offset)
  const indent = last !== undefined && startsLine(text, last) ? indentAt(text, last.offset) : outer + unit
  const added = property.replaceAll("\n", eol + indent).replaceAll("\t", unit)
  return put(eol + indent, added, eol + outer)
}

const spliced = (text: string, at: number, added: string): string => text.slice(0, at) + added + text.slice(at)

/** Where there is a comma that is no part of a comment. */
const commaBetween = (text: string, from: number, to: number): number | null => {
  const scanner = createScanner(text, true)
  scanner.setPosition(from)
  for (scanner.scan(); scanner.getTokenOffset() < to; scanner.scan()) {
    const offset = scanner.getTokenOffset()
    if (text[offset] === ",") return offset
  }
  return null
}

const lineStart = (text: string, offset: number): number =>
  Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1

const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? ""

const startsLine = (text: string, { offset }: Node): boolean =>
  text.slice(lineStart(text, offset), offset).trim() === ""
