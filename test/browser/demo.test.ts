import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schedule } from "effect"
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { browser, openPage } from "../fixtures/browser.ts"
import { click, see } from "../fixtures/dashboard.ts"
import { demo } from "../fixtures/demo.ts"
import { request } from "../fixtures/http.ts"
import { processesIn } from "../fixtures/processes.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { freePort } from "../fixtures/served.ts"

/** The demo at work; `stop` presses Ctrl-C, as the terminal and npm do: twice. */
const running = Effect.fnUntraced(function* () {
  const root = yield* temporaryProject({})
  const project = path.join(root, "demo")
  const port = yield* freePort
  const kill = yield* Deferred.make<(signal: NodeJS.Signals) => void>()
  const onStart = (send: (signal: NodeJS.Signals) => void) => Deferred.doneUnsafe(kill, Effect.succeed(send))
  const program = yield* demo(["--dir", project, "--port", String(port)], { cwd: root, onStart }).pipe(
    Effect.forkScoped,
  )
  const send = yield* Deferred.await(kill)
  const dashboard = `http://127.0.0.1:${port}`
  yield* request(dashboard, "/healthz").pipe(Effect.retry(Schedule.spaced("50 millis")))
  const { port: providerPort } = JSON.parse(readFileSync(path.join(project, ".demo.json"), "utf8"))
  const stop = Effect.sync(() => {
    send("SIGINT")
    send("SIGINT")
  }).pipe(Effect.andThen(Fiber.join(program)))
  return { project, dashboard, provider: `http://127.0.0.1:${providerPort}`, stop }
})

it.live("a newcomer clicks Connect, sees rows, corrects one at the provider, sees that, and ends it all", () =>
  Effect.gen(function* () {
    const { project, dashboard, provider, stop } = yield* running()
    const chromium = yield* browser
    const { page, violations } = yield* openPage(yield* Effect.promise(() => chromium.newContext()))
    yield* Effect.promise(() => page.goto(dashboard))
    const card = page.getByRole("article", { name: "walks", exact: true })
    yield* Effect.promise(() => card.getByText("Not connected", { exact: true }).waitFor())

    yield* click(page, "Connect", "walks")
    yield* see(page, "May OpenIslands see your walks?")
    yield* click(page, "Allow")
    yield* see(page, "Connected")
    // The page goes back by itself, and the connector syncs by itself.
    yield* Effect.promise(() => card.getByText("Fresh", { exact: true }).waitFor({ timeout: 60_000 }))
    yield* Effect.promise(() => card.getByRole("link", { name: "Rows of walks" }).click())
    yield* see(page, "Rows 1 to 100")
    const walks = () => readFileSync(path.join(project, "data/walks.csv"), "utf8")
    const newest = () => walks().trimEnd().split("\n").at(-1)!.split(",")
    const [, , title, before] = newest()

    yield* Effect.promise(() => page.goto(provider))
    yield* see(page, title!)
    yield* click(page, "Correct the newest walk")
    yield* Effect.promise(() => page.goto(dashboard))
    yield* click(page, "Sync now", "walks")
    yield* Effect.sync(newest).pipe(
      Effect.repeat({ until: ([, , , km]) => Number(km) > Number(before), schedule: Schedule.spaced("100 millis") }),
      Effect.timeout("30 seconds"),
    )

    yield* Effect.promise(() => page.goto(`${dashboard}/#/datasets/low_water`))
    yield* see(page, "level_cm")
    assert.deepEqual(violations, [])

    const { code, stdout, stderr } = yield* stop
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" })
    assert.include(stdout, dashboard)
    assert.match(stdout, /Stopped\.\n$/)
    assert.deepEqual(processesIn(project), [])
    assert.isFalse(existsSync(path.join(project, ".openislands/serve.json")))
  }),
)
