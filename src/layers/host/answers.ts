import { Option, Schema } from "effect"
import { LoadError } from "../../services/domain/LoadError.ts"
import { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Bundle } from "../../services/BundlerService.ts"
import { longestRetryAfter } from "./retryable.ts"
import { positionIn } from "./stack.ts"

/** Characters of the longest text that is believed to be a description of a failure. */
const longest = 10_500

/** What a guest sends is read by schema: it may have been forged by the connector. */
export const Failed = Schema.Struct({
  type: Schema.Literal("failed"),
  reason: Schema.Literals(["no-default-export", "not-a-connector", "invalid-definition", "config-threw", "threw"]),
  detail: Schema.String,
  stack: Schema.NullOr(Schema.String),
})

export const loadErrorOf = (failed: typeof Failed.Type, bundle: Bundle, root: string): LoadError =>
  new LoadError({
    module: bundle.module,
    reason: failed.reason,
    detail: failed.detail.slice(0, longest),
    ...positionIn(bundle, failed.stack, root),
  })

const Rows = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Text = Schema.String.check(Schema.isMaxLength(longest))
const Wait = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: longestRetryAfter }))
const Stack = Schema.NullOr(Schema.String)

const Progress = Schema.Struct({ type: Schema.Literal("progress"), rows: Schema.Record(Schema.String, Rows) })

const Unauthorized = Schema.Struct({ type: Schema.Literal("unauthorized"), accessToken: Text })

const Checkpoint = Schema.Struct({
  type: Schema.Literal("checkpoint"),
  outputs: Schema.Array(OutputReport),
  state: Schema.String,
})

const Synced = Schema.Struct({
  type: Schema.Literal("synced"),
  outputs: Schema.Array(OutputReport),
  state: Schema.String,
  requests: Rows,
})

const Far = Schema.Struct({ requests: Rows, rows: Schema.Record(Schema.String, Rows) })
const failure = { type: Schema.Literal("sync-failed"), far: Far }
const SyncFailed = Schema.Union([
  Schema.Struct({
    ...failure,
    why: Schema.Literal("threw"),
    detail: Text,
    stack: Stack,
    retryable: Schema.Boolean,
    retryAfter: Schema.NullOr(Wait),
    refused: Schema.NullOr(Schema.Struct({ permission: Schema.Literals(["net", "read"]), value: Text })),
    providerStatus: Schema.NullOr(Schema.Int),
  }),
  Schema.Struct({ ...failure, why: Schema.Literal("state"), detail: Text, stack: Stack }),
  Schema.Struct({ ...failure, why: Schema.Literal("output"), output: Text, stack: Stack }),
  Schema.Struct({
    ...failure,
    why: Schema.Literal("row"),
    output: Text,
    row: Rows,
    key: Schema.NullOr(Text),
    column: Schema.NullOr(Text),
    expected: Text,
    got: Text,
    stack: Stack,
  }),
])
export type SyncFailed = typeof SyncFailed.Type

const decode = Schema.decodeUnknownOption(
  Schema.Union([Progress, Checkpoint, Unauthorized, Synced, SyncFailed, Failed]),
)

/** Null for anything that a guest of ours would not send. */
export const readRunMessage = (message: unknown) => Option.getOrNull(decode(message))
