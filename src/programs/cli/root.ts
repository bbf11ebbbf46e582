import { Command } from "effect/cli"
import { action } from "./commands/action.ts"
import { actions } from "./commands/actions.ts"
import { cancel } from "./commands/cancel.ts"
import { complete } from "./commands/complete.ts"
import { contract } from "./commands/contract.ts"
import { datasets } from "./commands/datasets.ts"
import { demo } from "./commands/demo.ts"
import { history } from "./commands/history.ts"
import { init } from "./commands/init.ts"
import { logs } from "./commands/logs.ts"
import { mcp } from "./commands/mcp.ts"
import { make } from "./commands/new.ts"
import { preview } from "./commands/preview.ts"
import { query } from "./commands/query.ts"
import { rollback } from "./commands/rollback.ts"
import { runs } from "./commands/runs.ts"
import { schema } from "./commands/schema.ts"
import { serve } from "./commands/serve.ts"
import { status } from "./commands/status.ts"
import { sync } from "./commands/sync.ts"
import { test } from "./commands/test.ts"
import { tokens } from "./commands/tokens.ts"
import { validate } from "./commands/validate.ts"
import { keyFile, keySource } from "./keyFile.ts"
import { json } from "./output.ts"

export const openislands = Command.make("openislands").pipe(
  Command.withDescription(
    "Pulls your data from providers into plain files on your own disk; every sync can be undone.",
  ),
  Command.withSubcommands([
    init,
    make,
    validate,
    test,
    preview,
    sync,
    status,
    runs,
    logs,
    cancel,
    history,
    rollback,
    datasets,
    contract,
    query,
    actions,
    action,
    schema,
    tokens,
    serve,
    mcp,
    demo,
    complete,
  ]),
  Command.provide(keySource),
  Command.withGlobalFlags([json, keyFile]),
)
