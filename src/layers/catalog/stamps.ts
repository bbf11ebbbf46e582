import { readdirSync, statSync } from "node:fs"
import * as path from "node:path"
import type { Project } from "../../services/Project.ts"
import { errnoOf } from "../errno.ts"

/** What sizes and times say of the files that connectors' states come from. */
export interface Stamps {
  /** Of what concerns all of them. */
  readonly common: string
  readonly history: string
  /** Of what a connector alone leaves behind. */
  readonly own: (connector: string) => string
}

export const stampsOf = ({ root, layout }: Project["Service"]): Stamps => {
  const tokens = stampsIn(layout.tokens, ".json")
  const runs = stampsIn(layout.runs, ".jsonl")
  return {
    common: [stamp(layout.manifest), stamp(layout.env), ...sourcesIn(path.join(root, "connectors"))].join(),
    history: stamp(layout.history),
    own: (connector) => `${tokens.get(`${connector}.json`)} ${runs.get(`${connector}.jsonl`)}`,
  }
}

/** What cannot be looked at is told from what is not there, by the reason. */
const stamp = (file: string): string => {
  try {
    const stat = statSync(file, { throwIfNoEntry: false })
    return stat === undefined ? "-" : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
  } catch (cause) {
    return errnoOf(cause)
  }
}

const stampsIn = (directory: string, ending: string): ReadonlyMap<string, string> => {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith(ending))
    return new Map(names.map((name) => [name, stamp(path.join(directory, name))]))
  } catch {
    // There is none yet.
    return new Map()
  }
}

/** The usual place of modules, a level deep; elsewhere an edit counts when it is looked at again. */
const sourcesIn = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => [...stampsIn(path.join(directory, name), "")].map(([file, one]) => `${file}:${one}`))
  } catch {
    return []
  }
}
