import { GuestCheckpoints } from "./guestCheckpoints.ts"
import type { GuestWrites } from "./guestWrites.ts"
import type { HostPort } from "./hostPort.ts"
import { isFailure } from "./isFailure.ts"
import type { Loaded } from "./loadConnector.ts"
import type { RunJob, Synced, SyncFailed } from "./protocol.ts"
import { retryOf } from "./retryable.ts"
import type { RowSchema } from "./rowChecks.ts"
import { Session } from "./session.ts"
import { groundsOf } from "./grounds.ts"
import { NotJson, stateText } from "./stateText.ts"
import { syncContext } from "./syncContext.ts"
import { cut, textOf } from "./thrown.ts"
import type { Time } from "./time.ts"

const { setImmediate, setTimeout } = globalThis

/** What a sync works in: a guest's process, or a test's. */
export interface Surroundings {
  readonly writes: GuestWrites
  readonly host: HostPort
  readonly signal: AbortSignal
  readonly time: Time
  /** One request as it is, counted. */
  readonly fetch: typeof fetch
  readonly requests: RequestCount
  readonly log: (message: unknown) => void
}

/** How often the connector has asked a provider, retries included. */
export interface RequestCount {
  made: number
}

type Given = Pick<RunJob, "secrets" | "state" | "tokens">

/** Gives `sync` its context, with the parsed config, waits for all that it began, and says what came of it. */
export const syncOnce = async (
  loaded: Loaded,
  config: unknown,
  given: Given,
  around: Surroundings,
): Promise<Synced | SyncFailed> => {
  const { writes, host, requests, time } = around
  writes.checkBy(schemasOf(loaded))
  const checkpoints = new GuestCheckpoints(writes, host, given.state ?? {})
  const renew = (accessToken: string) => host.ask({ type: "unauthorized", accessToken }).then(({ tokens }) => tokens)
  const session = new Session(given.tokens, renew)
  const ctx = syncContext(given, config, { ...around, checkpoints, session })
  try {
    await (loaded.exported as { readonly sync: (context: unknown) => unknown }).sync(ctx)
  } catch (thrown) {
    return writes.failure ?? threw(thrown, time)
  }
  writes.close()
  await checkpoints.idle()
  await writes.idle()
  // A failure that nobody awaits shows when the event loop has come round.
  await new Promise<void>((resolve) => setTimeout(() => setImmediate(resolve), 1))
  if (writes.failure !== null) return writes.failure

  const outputs = writes.reports()
  if (isFailure(outputs)) return outputs
  try {
    return { type: "synced", outputs, state: stateText(ctx.state), requests: requests.made }
  } catch (thrown) {
    if (!(thrown instanceof NotJson)) return threw(thrown, time)
    const { site } = loaded.definition
    return { type: "sync-failed", why: "state", detail: cut(thrown.message), stack: site }
  }
}

/** Those of the outputs that declare one. */
const schemasOf = ({ exported }: Loaded): Readonly<Record<string, RowSchema>> => {
  const { outputs } = exported as { readonly outputs: Readonly<Record<string, { readonly schema?: RowSchema }>> }
  const schemas: Record<string, RowSchema> = {}
  for (const [name, { schema }] of Object.entries(outputs)) if (schema !== undefined) schemas[name] = schema
  return schemas
}

export const threw = (thrown: unknown, time: Time): SyncFailed => ({
  type: "sync-failed",
  why: "threw",
  ...textOf(thrown),
  ...retryOf(thrown, time.now()),
  ...groundsOf(thrown),
})
