import { Result } from "effect"
import { findNodeAtLocation, type Node } from "jsonc-parser"
import { isUtf8 } from "node:buffer"
import { ManifestSyntax } from "../../services/domain/ManifestProblem.ts"
import type { Position } from "../../services/ManifestService.ts"
import { parseText } from "./syntax.ts"

export type Path = ReadonlyArray<string | number>

/** A value of the manifest. Names are read from the tree, where `__proto__` is a name like any other. */
export interface Place {
  readonly path: Path
  readonly node: Node
}

/** A value under a name, which has a place of its own. */
export interface Entry extends Place {
  readonly name: string
  readonly key: Node
}

export interface Document {
  readonly root: Place
  readonly at: (offset: number, path: Path) => Position
  readonly locate: (path: Path) => Position
}

export const parseDocument = (file: string, bytes: Buffer): Result.Result<Document, ManifestSyntax> => {
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "")
  const lineStarts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (end) => end.index + end[0].length)]

  const at = (offset: number, path: Path): Position => {
    const line = lineAt(lineStarts, offset)
    return { file, path: dotted(path), line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 }
  }
  const broken = (offset: number, detail: string) => Result.fail(new ManifestSyntax({ ...at(offset, []), detail }))

  if (!isUtf8(bytes)) return broken(text.indexOf("\uFFFD"), "this is not UTF-8 text")
  const parsed = parseText(text)
  if (Result.isFailure(parsed)) return broken(parsed.failure.offset, parsed.failure.detail)
  const root = parsed.success

  const locate = (path: Path): Position => {
    let nearest = root
    for (const part of path) {
      const inner = findNodeAtLocation(nearest, [part])
      if (inner === undefined) break
      nearest = inner
    }
    return at(nearest.offset, path)
  }
  return Result.succeed({ root: { path: [], node: root }, at, locate })
}

export const entriesOf = (place: Place): ReadonlyArray<Entry> =>
  (place.node.children ?? []).flatMap(({ children: [key, node] = [] }) =>
    key === undefined || node === undefined
      ? []
      : [{ name: key.value as string, key, node, path: [...place.path, key.value as string] }],
  )

export const itemsOf = (place: Place): ReadonlyArray<Place> =>
  (place.node.children ?? []).map((node, index) => ({ node, path: [...place.path, index] }))

/** The plain value; `fromEntries` makes `__proto__` an own property instead of setting the prototype. */
export const valueOf = (node: Node): unknown => {
  if (node.type === "array") return (node.children ?? []).map(valueOf)
  if (node.type !== "object") return node.value
  return Object.fromEntries(entriesOf({ path: [], node }).map((entry) => [entry.name, valueOf(entry.node)]))
}

/** `connectors.whoop.permissions.read.0`; a name that would blur the dots is quoted: `connectors["a.b"]`. */
const dotted = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "string" && !/^[\w$-]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`
    return text === "" ? String(part) : `${text}.${part}`
  }, "")

const lineAt = (lineStarts: ReadonlyArray<number>, offset: number): number => {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
