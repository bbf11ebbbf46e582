import { randomBytes } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { errnoOf } from "../../../layers/errno.ts"

/** A file that is not as it was when it was read. */
export class ChangedMeanwhile extends Error {
  readonly code = "it was changed meanwhile"
}

/** Changes to a directory tree that can all be taken back, the last one first. */
export class Changes {
  readonly #undo: Array<{ readonly path: string; readonly run: () => Promise<void> }> = []
  /** What is being changed: what to name when that fails. */
  at = ""

  /** Fails when something has the name already; directories missing above it are made. */
  async makeDirectory(directory: string): Promise<void> {
    const parent = path.dirname(directory)
    if (!(await isThere(parent))) await this.makeDirectory(parent)
    this.at = directory
    await fs.mkdir(directory)
    this.#undo.push({ path: directory, run: () => fs.rmdir(directory) })
  }

  async create(file: string, text: string): Promise<void> {
    this.at = file
    const handle = await fs.open(file, "wx")
    this.#undo.push({ path: file, run: () => fs.rm(file) })
    try {
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
  }

  /** In one step, so that whoever reads meanwhile finds the old text or the new one. */
  async rewrite(file: string, before: Uint8Array, text: string | Uint8Array): Promise<void> {
    this.at = file
    // A link stays one.
    const real = await fs.realpath(file)
    const after = Buffer.from(text)
    await swap(real, before, after)
    this.#undo.push({ path: file, run: () => swap(real, after, before) })
  }

  /** Answers what could not be taken back. */
  async takeBack(): Promise<ReadonlyArray<string>> {
    const left: Array<string> = []
    for (const { path, run } of this.#undo.toReversed()) await run().catch(() => left.push(path))
    return left
  }
}

const isThere = (file: string): Promise<boolean> =>
  fs.stat(file).then(
    () => true,
    (cause: unknown) => {
      if (errnoOf(cause) === "ENOENT") return false
      throw cause
    },
  )

const swap = async (file: string, before: Uint8Array, after: Uint8Array): Promise<void> => {
  const { mode } = await fs.stat(file)
  const temporary = `${file}.${randomBytes(4).toString("hex")}.tmp`
  try {
    await fs.writeFile(temporary, after, { flag: "wx", flush: true })
    await fs.chmod(temporary, mode)
    if (!(await fs.readFile(file)).equals(before)) throw new ChangedMeanwhile()
    await fs.rename(temporary, file)
  } catch (cause) {
    await fs.rm(temporary, { force: true })
    throw cause
  }
}
