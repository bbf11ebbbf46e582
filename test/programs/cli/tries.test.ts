import { assert, it } from "@effect/vitest"
import { runInNewContext } from "node:vm"
import { Tries } from "../../../src/programs/cli/tries.ts"

const telling = () => {
  const tries = new Tries()
  const told: Array<string> = []
  return {
    told,
    line: (text: string, runId = "r", stream = "log") => {
      const shown = tries.textOf({ type: "line", runId, connector: "one", stream, text })
      if (shown !== null) told.push(shown)
    },
  }
}

it("each try of a sync is told, once", () => {
  const { told, line } = telling()
  for (const number of [2, 3, 4]) line(`try ${number} of 4 in 6 s: connector "one" failed: busy`)
  assert.deepEqual(
    told,
    [2, 3, 4].map((number) => `one  try ${number} of 4 in 6 s: connector "one" failed: busy`),
  )
})

it("of the tries of its requests is told what is new: another reason, another host, another run", () => {
  const { told, line } = telling()
  const refused = "GET http://a.example/items/1?key=... failed (ECONNREFUSED)"
  line(`${refused}: asked again in 0.4 s (2 of 4)`)
  line(`${refused}: asked again in 1 s (3 of 4)`)
  line("GET http://a.example/items/2 failed (ECONNREFUSED): asked again in 0.4 s (2 of 4)")
  line("GET http://a.example/items/2 answered 503: asked again in 1 s (3 of 4)")
  line("GET https://b.example/ answered 503: asked again in 1 s (2 of 4)")
  line(`${refused}: asked again in 0.4 s (2 of 4)`, "another")
  assert.deepEqual(told, [
    `one  ${refused}: asked again in 0.4 s`,
    "one  GET http://a.example/items/2 answered 503: asked again in 1 s",
    "one  GET https://b.example/ answered 503: asked again in 1 s",
    `one  ${refused}: asked again in 0.4 s`,
  ])
})

it("what a connector says otherwise is not told", () => {
  const { told, line } = telling()
  line("try 2 of 4 in 2 s: printed", "r", "stdout")
  line("I try 2 of 4 in the end")
  line("GET http://a.example/ answered 503: asked again in 1 s")
  line("GET http://a.example/: asked again in 1 s (2 of 4)")
  line("GET http://a.example/ answered 503: asked again in  (2 of 4)")
  assert.deepEqual(told, [])
})

it("a long line that is nearly one doesn't keep the program busy", () => {
  const { told, line } = telling()
  const nearly = `GET a://${"b".repeat(10_000)} ${": asked again in ".repeat(600)}`
  const look = () => {
    for (const text of [nearly, `${nearly} (2 of 4`, `${nearly.replaceAll("b", " (1")} `]) line(text)
  }
  // Ended where it takes minutes.
  runInNewContext("look()", { look }, { timeout: 20_000 })
  assert.deepEqual(told, [])
})
