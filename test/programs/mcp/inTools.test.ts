import { assert, it } from "@effect/vitest"
import { inTools } from "../../../src/programs/mcp/inTools.ts"
import { tools } from "../../../src/programs/mcp/tools.ts"

const commands = [
  ["status", "validate", "preview one", "sync one", "runs", "logs 7", "cancel 7", "history", "rollback 7"],
  ["datasets", "contract one", "query", "actions", "action one"],
].flat()

const of = (suggestion: string | null, message = "no") => inTools({ message, suggestion })

it("each tool is told of where an error names its command", () => {
  const said = commands.map((command) => of(`Say "openislands ${command}".`) ?? "")
  const named = said.map((text) => /call the tool (\w+)\.$/.exec(text)?.[1])
  assert.sameMembers(
    named,
    tools.map(({ name }) => name),
  )
})

it("what no tool does is left to the user, and what is no command is left alone", () => {
  assert.strictEqual(
    of("Or change it: openislands contract one --settle a=string"),
    '"openislands contract one --settle a=string" is for the user to run.',
  )
  assert.strictEqual(of('"openislands serve" runs it.'), '"openislands serve" is for the user to run.')
  assert.strictEqual(
    of("Take it back (openislands rollback 00000007-abcd --force); or see openislands.", 'ask "openislands history"'),
    'Instead of "openislands history" call the tool list_checkpoints. Instead of "openislands rollback" call the tool rollback.',
  )
  for (const none of [
    null,
    "When no openislands runs in this project, its file can be removed.",
    "Correct the file.",
  ]) {
    assert.isNull(of(none))
  }
  assert.isNull(inTools({}))
})
