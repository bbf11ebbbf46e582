import { Result } from "effect"
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser"

interface SyntaxProblem {
  readonly offset: number
  readonly detail: string
}

/** The tree of JSON with comments and trailing commas, or the first thing that keeps the text from being that. */
export const parseText = (text: string): Result.Result<Node, SyntaxProblem> => {
  const nesting = scanNesting(text)
  if (nesting.tooDeep !== null) {
    return Result.fail({ offset: nesting.tooDeep, detail: `this is nested more than ${deepest} levels deep` })
  }
  const errors: Array<ParseError> = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first === undefined && root !== undefined) return Result.succeed(root)
  const end = text.trimEnd().length
  if (first !== undefined && first.offset < end) {
    return Result.fail({ offset: first.offset, detail: explain(first, text) })
  }
  return Result.fail({ offset: end, detail: explainEnd(text, nesting.open.at(-1)) })
}

const explainEnd = (text: string, unclosed: number | undefined): string => {
  if (unclosed !== undefined) {
    return `the file ends before the "${text[unclosed]}" of line ${lineOf(text, unclosed)} is closed`
  }
  return text.trim() === "" ? "the file is empty" : "the file ends before there is a value"
}

/** Beyond any sensible config, and far from where the parser's recursion would end in a stack overflow. */
const deepest = 100

const scanNesting = (text: string): { readonly open: ReadonlyArray<number>; readonly tooDeep: number | null } => {
  const scanner = createScanner(text, true)
  const open: Array<number> = []
  while (scanner.getPosition() < text.length) {
    scanner.scan()
    const offset = scanner.getTokenOffset()
    const first = text[offset]
    if (first === "{" || first === "[") open.push(offset)
    if (first === "}" || first === "]") open.pop()
    if (open.length > deepest) return { open, tooDeep: offset }
  }
  return { open, tooDeep: null }
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split(/\r\n|\r|\n/).length

const explain = ({ error, offset, length }: ParseError, text: string): string => {
  const found = text.slice(offset, offset + length)
  const code = printParseErrorCode(error)
  if (code === "InvalidSymbol") {
    return found.startsWith("'")
      ? "texts and names take double quotes, not single ones"
      : `${quote(found)} is not a value`
  }
  if (code === "CommaExpected" && (found === "}" || found === "]")) {
    return `a "${found === "}" ? "]" : "}"}" is missing before this "${found}"`
  }
  return sentences[code] ?? `${quote(found)} does not belong here`
}

const quote = (found: string): string => JSON.stringify(found.length > 40 ? `${found.slice(0, 40)}...` : found)

const sentences: Readonly<Record<string, string>> = {
  InvalidNumberFormat: "this is not a number",
  PropertyNameExpected: "a name in double quotes is missing here",
  ValueExpected: "a value is missing here",
  ColonExpected: "a colon is missing here",
  CommaExpected: "a comma is missing before this",
  EndOfFileExpected: "this comes after the end of the manifest",
  UnexpectedEndOfComment: "this comment is never closed",
  UnexpectedEndOfString: "the closing quote of this text is missing on its line",
  UnexpectedEndOfNumber: "this number is incomplete",
  InvalidUnicode: "this text holds a broken \\u escape",
  InvalidEscapeCharacter: 'this text holds an escape that JSON does not know; a backslash is written "\\\\"',
  InvalidCharacter: 'this text holds a control character; a tab is written "\\t"',
}
