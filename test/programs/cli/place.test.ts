import { afterAll, assert, it } from "@effect/vitest"
import * as path from "node:path"
import { leadTo, pasteable } from "../../../src/programs/cli/place.ts"

const here = process.cwd()
afterAll(() => leadTo(here))

const led = (directory: string, text: string): string => {
  leadTo(directory)
  return pasteable(text)
}

it("a command that is printed leads to the project, from where the last one was given", () => {
  const text = 'next: openislands sync plays ("openislands logs 2026-plays" has more)'
  assert.strictEqual(led(here, text), text)
  assert.strictEqual(
    led(path.join(here, "data"), text),
    'next: openislands sync ./data plays ("openislands logs ./data 2026-plays" has more)',
  )
  assert.strictEqual(led(path.dirname(here), "openislands status"), "openislands status ..")
  assert.strictEqual(led(path.join(here, "..", "data"), '"openislands actions"'), '"openislands actions ../data"')
  assert.strictEqual(led(path.join(here, "..data"), "openislands action <name>"), "openislands action ./..data <name>")
})

it("a directory that a shell would take apart is quoted", () => {
  assert.strictEqual(led(path.join(here, "my $& data"), "openislands serve"), "openislands serve './my $& data'")
  assert.strictEqual(led(path.join(here, "it's"), "openislands serve"), `openislands serve './it'\\''s'`)
})

it("what is no command on a project stays as it is", () => {
  for (const text of [
    'See "openislands sync --help".',
    "openislands demo --once",
    "openislands synced it",
    "/home/ada/openislands test cannot be written",
    "project in /home/ada/openislands data/x",
    "there is no manifest.json in openislands test/x",
    "Start openislands with it",
  ]) {
    assert.strictEqual(led(path.dirname(here), text), text)
  }
})

it("who came by npx is shown commands for npx", () => {
  leadTo(path.dirname(here))
  assert.strictEqual(
    pasteable('run "openislands sync" or openislands demo', "npx "),
    'run "npx openislands sync .." or npx openislands demo',
  )
  assert.strictEqual(pasteable('See "openislands sync --help".', "npx "), 'See "npx openislands sync --help".')
  assert.strictEqual(pasteable('See "openislands --help".', "npx "), 'See "npx openislands --help".')
  for (const text of ["npx openislands demo", "npx --no openislands demo", "Start openislands with it"])
    assert.strictEqual(pasteable(text, "npx "), text)
})
