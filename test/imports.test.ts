import { expect, it } from "vitest"
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"

const src = path.join(import.meta.dirname, "..", "src")
const floors = ["kit", "services", "layers", "programs"]
const floorOf = (file: string): string => path.relative(src, file).split(path.sep)[0] ?? ""

const imports = globSync("**/*.ts", { cwd: src }).flatMap((name) => {
  const file = path.join(src, name)
  const lines = readFileSync(file, "utf8").matchAll(
    /^(?:import|export)\b[^"]*?from "(\.[^"]+)"|import\("(\.[^"]+)"\)/gm,
  )
  return [...lines].map(([line, from, lazily]) => ({
    file,
    target: path.resolve(path.dirname(file), from ?? lazily ?? ""),
    typeOnly: line.startsWith("import type"),
  }))
})

it("imports go one way: programs -> layers -> services -> kit", () => {
  expect(imports.length).toBeGreaterThan(50)
  const upwards = imports.filter(({ file, target }) => {
    const [from, to] = [floors.indexOf(floorOf(file)), floors.indexOf(floorOf(target))]
    return to > from
  })
  expect(upwards).toEqual([])
})

// What the kit ships for tests of connectors is the guest's code, in the test's own process.
for (const [entry, side] of [
  ["layers/host/child.ts", /^(kit|layers\/host|layers\/formats)\//],
  ["layers/testing/testConnector.ts", /^(kit|layers\/host|layers\/formats|layers\/testing)\//],
] as const) {
  it(`${entry} imports values of its own side only: ${side.source}`, () => {
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const one of imports) if (one.file === file && !one.typeOnly) visit(one.target)
    }
    visit(path.join(src, entry))
    expect([...reached].map((file) => path.relative(src, file)).filter((file) => !side.test(file))).toEqual([])
    for (const file of reached) expect(readFileSync(file, "utf8")).not.toMatch(/^import (?!type).* from "effect/m)
  })
}

it("no barrels, no utils, no mirrored Live names", () => {
  const names = globSync("**/*.ts", { cwd: src }).map((name) => name.split(path.sep).join("/"))
  expect(names.filter((name) => /(^|\/)(utils?|helpers?)(\/|\.ts$)|Live\.ts$/.test(name))).toEqual([])
  expect(names.filter((name) => name.endsWith("/index.ts"))).toEqual(["kit/index.ts"])
})

it("what clients of MCP start loads nothing before the server", () => {
  const own = ["programs/bin.ts", "programs/mcp/launch.ts"].map((name) => path.join(src, name))
  expect(own.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/^import .*/gm)].map(([line]) => line))).toEqual(
    [],
  )
})
