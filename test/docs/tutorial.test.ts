import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { background, blocksOf, commandsOf, install, isShown, shell, writeBlock } from "../fixtures/tutorial.ts"

const repository = path.join(import.meta.dirname, "..", "..")
const page = await readFile(path.join(repository, "docs/building.md"), "utf8")

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

describe("docs/building.md, from an empty directory", () => {
  const ends: Array<() => void> = []
  let scratch = ""
  let root = ""
  let env: NodeJS.ProcessEnv = {}
  let port = 0
  /** The ids of checkpoints are others each time; a command of the page names them as the page has shown them. */
  const ids = new Map<string, string>()

  beforeAll(async () => {
    scratch = await realpath(await mkdtemp(path.join(tmpdir(), "openislands-tutorial-")))
    root = path.join(scratch, "library")
    const bin = path.join(scratch, "bin")
    await mkdir(root)
    await mkdir(bin)
    await writeFile(path.join(bin, "openislands"), `#!/bin/sh\nexec '${process.execPath}' '${inject("cli")}' "$@"\n`)
    await chmod(path.join(bin, "openislands"), 0o755)
    env = { PATH: [bin, path.dirname(process.execPath), process.env["PATH"]].join(path.delimiter), HOME: scratch }
    port = await freePort()
  })

  afterAll(async () => {
    for (const end of ends) end()
    await rm(scratch, { recursive: true, force: true })
  })

  const ours = (text: string): string =>
    text.replaceAll("8099", String(port)).replaceAll(/\d{8}-[a-z0-9]{4}\b/g, (id) => ids.get(id.slice(0, 8)) ?? id)

  const shows = (text: string): string => text.replaceAll("8099", String(port)).replaceAll("/home/ada/library", root)

  /** The status that the page's provider answers with; null while it isn't there. */
  const answers = (): Promise<number | null> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ status }) => status,
      () => null,
    )

  const run = async (command: string): Promise<string> => {
    if (command.startsWith("npm install ")) {
      await install(root, path.join(path.dirname(inject("cli")), "kit"), path.join(repository, "node_modules"))
      return ""
    }
    const printed = await shell(ours(command), { root, env })
    for (const [id] of printed.matchAll(/\b\d{8}-[a-z0-9]{4}\b/g)) ids.set(id.slice(0, 8), id)
    return printed
  }

  for (const [index, block] of blocksOf(page).entries()) {
    const { language, info, text } = block
    if (language === "console" && info === "background") {
      it(`${index}: starts ${text.trim()}`, async () => {
        for (const { command } of commandsOf(text)) ends.push(background(command, { root, env }))
        await expect.poll(answers, { timeout: 30_000 }).toBe(401)
      })
    } else if (language === "console") {
      it(`${index}: ${commandsOf(text).map(({ command }) => command)}`, async () => {
        for (const { command, shown } of commandsOf(text)) {
          const printed = await run(command)
          if (!isShown(shows(shown), printed)) expect(printed, command).toBe(shows(shown))
        }
      })
    } else if (info !== "") {
      it(`${index}: writes ${info}`, () => writeBlock(root, { ...block, text: ours(text) }))
    }
  }
})
