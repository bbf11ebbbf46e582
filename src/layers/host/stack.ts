import { readFileSync } from "node:fs"
import { SourceMap, type SourceMapping } from "node:module"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { Bundle } from "../../services/BundlerService.ts"

export interface SourcePosition {
  /** Relative to the project root. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based. */
  readonly column: number
}

/** The first frame of a guest's stack that lies in the user's own files, zod's and the kit's left out; null if none. */
export const userPosition = (stack: string, bundle: string, root: string): SourcePosition | null => {
  const frames = new RegExp(`${RegExp.escape(pathToFileURL(bundle).href)}:(\\d+):(\\d+)`, "g")
  let map: SourceMap | null = null
  // The guest's word for it: a forged one of any length must not keep this process busy.
  for (const [, line, column] of stack.slice(0, 10_000).matchAll(frames)) {
    map ??= readMap(bundle)
    const entry = map?.findEntry(Number(line) - 1, Number(column) - 1) as Partial<SourceMapping> | undefined
    if (entry?.originalSource === undefined) continue
    // Sources are relative to where the bundler was told the bundle is: the root.
    const file = path.relative(root, path.resolve(root, entry.originalSource))
    if (file.startsWith("..") || /(^|[\\/])node_modules[\\/]/.test(file)) continue
    return { file, line: (entry.originalLine ?? 0) + 1, column: (entry.originalColumn ?? 0) + 1 }
  }
  return null
}

/** The same, or else the start of the connector's index file. */
export const positionIn = (bundle: Bundle, stack: string | null, root: string): SourcePosition =>
  (stack === null ? null : userPosition(stack, bundle.file, root)) ?? { file: bundle.entry, line: 1, column: 1 }

const readMap = (bundle: string): SourceMap | null => {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")))
  } catch {
    // The cache was emptied meanwhile: the message stays, the position is lost.
    return null
  }
}
