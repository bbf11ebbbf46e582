import { findNodeAtLocation, parseTree } from "jsonc-parser"
import { insertProperty } from "./insertProperty.ts"

/** A dataset and the connector that fills it, added to the text of a manifest, in the sections that it has or new ones. */
export const declare = (manifest: string, name: string, source: string, output: string): string => {
  const mark = manifest.startsWith("\uFEFF") ? "\uFEFF" : ""
  let text = manifest.slice(mark.length)
  text = declareIn(text, "datasets", name, { source })
  text = declareIn(text, "connectors", name, { module: `connectors/${name}`, datasets: { [output]: name } })
  return mark + text
}

const declareIn = (text: string, section: string, name: string, value: object): string => {
  const root = parseTree(text, [], { allowTrailingComma: true })
  const isThere = root !== undefined && findNodeAtLocation(root, [section]) !== undefined
  return isThere
    ? insertProperty(text, [section], name, onOneLine(value))
    : insertProperty(text, [], section, `{\n\t${JSON.stringify(name)}: ${onOneLine(value)}\n}`)
}

const onOneLine = (value: object): string => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, " ")
