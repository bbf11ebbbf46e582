import type { Metafile } from "esbuild"
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"

/**
 * The licences of all that was bundled, as most of them ask of whoever passes it on. A bundled package that names none is
 * an error: somebody has to look at it before it is shipped.
 */
export const noticesOf = (metafiles: ReadonlyArray<Metafile>): string => {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs))
  const directories = new Set(inputs.map(packageOf).filter((directory) => directory !== null))
  return [...directories]
    .toSorted()
    .map(noticeOf)
    .join(`\n${"-".repeat(80)}\n\n`)
}

const packageOf = (input: string): string | null =>
  /^.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(input)?.[0] ?? null

const noticeOf = (directory: string): string => {
  const { name, version, license, author } = JSON.parse(readFileSync(path.join(directory, "package.json"), "utf8"))
  if (typeof license !== "string") throw new Error(`${name} says nothing of its licence, and would be shipped without`)
  const file = readdirSync(directory).find((file) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(file))
  const text =
    file === undefined
      ? `Its package has no text of it. Author: ${author?.name ?? author ?? "not named"}`
      : readFileSync(path.join(directory, file), "utf8").trim()
  return `${name} ${version} (${license})\n\n${text}\n`
}
