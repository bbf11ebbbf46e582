import { UnknownConnector } from "../../../src/services/ConnectorCatalog.ts"
import { UnknownRun } from "../../../src/services/RunLog.ts"
import {
  ConnectorCrashed,
  ConnectorFailed,
  ConnectorTimeout,
  RetryLater,
  RowError,
  StateNotJson,
} from "../../../src/services/domain/GuestError.ts"
import { Interrupted } from "../../../src/services/domain/Interrupted.ts"
import { RunFinished, StillRunning } from "../../../src/services/domain/RunFinished.ts"
import { RunUnfinished } from "../../../src/services/domain/RunUnfinished.ts"
import { CursorChanged } from "../../../src/services/domain/StoreError.ts"
import { SyncCancelled } from "../../../src/services/domain/SyncCancelled.ts"
import { SyncRunning } from "../../../src/services/domain/SyncRunning.ts"
import type { ErrorChapter } from "./chapter.ts"

const connector = "people"
const source = { file: "connectors/people/index.ts", line: 31, column: 9 }

const failed = (detail: string, more: Partial<ConnectorFailed> = {}): ConnectorFailed =>
  new ConnectorFailed({ connector, detail, retryable: false, retryAfter: null, ...source, ...more })

export const runs: ErrorChapter = {
  title: "Runs",
  where:
    "`sync` and `preview`; as `error` in the record of the run (`runs`, `logs`) and as `lastError` in `status`, on the dashboard and in MCP. `cancel` for those of cancelling.",
  examples: [
    [
      new UnknownConnector({ connector: "peple", didYouMean: "people" }),
      "A command, a request or a tool names a connector that the manifest doesn't have.",
    ],
    [
      new SyncRunning({
        connector,
        pid: 4711,
        startedAt: "2026-11-26T03:35:37.000Z",
        runId: "20261126T033537000-people-19c8e863",
      }),
      "Another process runs the connector, or a rollback would take away what a run is building on.",
    ],
    [
      failed("https://api.example.com/items?updated_since=... answered 404: no such thing", { providerStatus: 404 }),
      "`sync` threw, or a promise that nobody awaited was rejected. `log` has the last 20 lines, `providerStatus` the status of the answer that it failed for, where one is known, `access` (of a 401 or 403) how it says who it is, and the keys in `.env` that it sends for that: `{ auth, keys }`, and `refused` what the manifest doesn't grant: `{ permission, value }`.",
    ],
    [
      failed('https://api.example.com/items?updated_since=... answered 401: {"error":"who are you?"}', {
        providerStatus: 401,
        access: { auth: "bearer", keys: ["PEOPLE_API_TOKEN"] },
      }),
      "The provider doesn't take the token.",
    ],
    [
      failed(
        '"api.example.com" is out of the connector\'s reach (port 443): add "api.example.com" to permissions.net of connector "people" in manifest.json',
        { refused: { permission: "net", value: "api.example.com" } },
      ),
      "It asked a host that `permissions.net` doesn't name.",
    ],
    [
      failed(
        "it may not read /home/ada/exports/people.csv: name that, or its directory, under permissions.read in manifest.json",
        { refused: { permission: "read", value: "/home/ada/exports/people.csv" } },
      ),
      "It read a file that `permissions.read` doesn't name.",
    ],
    [
      failed("https://api.example.com/items?updated_since=... answered with no JSON: <html>maintenance", {
        providerStatus: 200,
      }),
      "The answer is a page, or broken, where JSON was to come.",
    ],
    [
      failed("GET https://api.example.com/items failed (ECONNREFUSED) (tried 4 times)", { retryable: true }),
      "The provider cannot be reached, and trying again didn't help.",
    ],
    [
      new RetryLater({
        connector,
        detail: "the report is not ready yet",
        retryAt: "2026-11-26T04:35:37.000Z",
        ...source,
      }),
      "The provider wants to be left alone for longer than a run waits.",
    ],
    [
      new ConnectorCrashed({ connector, detail: "it ran out of memory (512 MiB)", why: "memory" }),
      "The connector's process ended by itself; `why` is `exit` (it ended itself), `memory`, `signal`, `channel` (it meddled with its way to the host) or `start` (it never began).",
    ],
    [new ConnectorTimeout({ connector, milliseconds: 1_800_000 }), 'An attempt took longer than its `"timeout"`.'],
    [
      new RowError({
        connector,
        output: "items",
        dataset: "people",
        row: 3,
        key: "id 7",
        column: "name",
        expected: "string",
        got: "7",
        source: "connectors/people/index.ts:31:9",
      }),
      "A row that no file could hold, or that its output's schema or key refuses.",
    ],
    [
      new StateNotJson({ connector, detail: "ctx.state.since is a function", ...source }),
      "`ctx.state` holds something that JSON cannot.",
    ],
    [new CursorChanged({ connector }), "A rollback or another run moved the connector's cursor while it ran."],
    [
      new Interrupted({ connector }),
      "The run was stopped before it was done: by Ctrl-C, or by the end of the program.",
    ],
    [new SyncCancelled({ connector }), "Somebody cancelled this one run, from wherever."],
    [
      new RunUnfinished({ connector, checkpoint_id: "00000007-k2vq" }),
      "The run has committed something with `ctx.checkpoint()` and has no end: it is under way, or its process died.",
    ],
    [
      new UnknownRun({ runId: "20250101T000000000-people-00000000" }),
      "There is no run of this id among those that are kept.",
    ],
    [
      new RunFinished({ runId: "20261126T033537000-people-19c8e863", outcome: "success" }),
      "The run that is to be cancelled is over.",
    ],
    [
      new StillRunning({ runId: "20261126T033537000-people-19c8e863", seconds: 10 }),
      "The run that was cancelled has not ended yet.",
    ],
  ],
}
