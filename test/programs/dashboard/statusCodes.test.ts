import { expect, it } from "vitest"
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { statusOf } from "../../../src/programs/dashboard/statusCodes.ts"

const src = path.join(import.meta.dirname, "../../../src")
const tagsIn = (where: string): ReadonlyArray<string> =>
  globSync(where, { cwd: src })
    .flatMap((file) => readFileSync(path.join(src, file), "utf8").match(/Schema\.TaggedError<\w+>\(\)\("\w+"/g) ?? [])
    .map((declared) => /"(\w+)"/.exec(declared)![1]!)

/** Something on this machine, or in a run, went wrong: no request can do anything about it. */
const ours = [
  "CannotListen",
  "PortBusy",
  "AlreadyServing",
  "TokenMissing",
  "TokenUnusable",
  "KeyMissing",
  "KeyUnusable",
  "KeyWrong",
  "ConnectorCrashed",
  "ConnectorFailed",
  "ConnectorTimeout",
  "Interrupted",
  "ProjectNotFound",
  "ProjectUnwritable",
  "StagingCorrupt",
  "StoreCorrupt",
  "StoreFailed",
  "RetryLater",
  "QueryCrashed",
  "QueryTimeout",
  "RunUnfinished",
  "SyncCancelled",
  "TelemetryUnusable",
  "TokensUnreadable",
  "TokensUnwritable",
]

it("each failure has a status that somebody thought of", () => {
  const tags = [...tagsIn("services/**/*.ts"), ...tagsIn("programs/*.ts"), ...tagsIn("programs/dashboard/**/*.ts")]
  expect(tags.length).toBeGreaterThan(50)
  expect(tags.filter((_tag) => statusOf({ _tag }) === 500).toSorted()).toEqual(ours.toSorted())
})

it("a provider that may answer later is a 504", () => {
  expect(statusOf({ _tag: "ProviderUnusable", transient: true })).toBe(504)
  expect(statusOf({ _tag: "ProviderUnusable", transient: false })).toBe(502)
  expect(statusOf({ _tag: "UnknownConnector" })).toBe(404)
})
