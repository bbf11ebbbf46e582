import * as fs from "node:fs"
import type { Buffer as NodeBuffer } from "node:buffer"
import { charCodeAt, slice } from "../formats/primordials.ts"
import { contextFetch, type Fetching } from "./contextFetch.ts"
import type { GuestCheckpoints } from "./guestCheckpoints.ts"
import type { GuestWrites } from "./guestWrites.ts"
import { logDescriptor, type RunJob } from "./protocol.ts"
import { shown } from "./thrown.ts"
import { waitText } from "./waitText.ts"

const { writeSync } = fs
/** Made where a call comes from, for its stack. */
const Site = Error
const encode = Buffer.from as (text: string, encoding: "utf8") => NodeBuffer
/** Characters that are encoded at once. */
const piece = 256 * 1024

/** What stands behind it. */
interface Behind extends Omit<Fetching, "onRetry" | "onWithheld"> {
  readonly writes: GuestWrites
  readonly checkpoints: GuestCheckpoints
  readonly log: (message: unknown) => void
}

/** What `sync` is given. `state` alone can be assigned to. */
export const syncContext = (job: Pick<RunJob, "secrets" | "state">, config: unknown, behind: Behind) => {
  const { writes, checkpoints, signal, session, log } = behind
  const ctx = {
    config,
    secrets: Object.freeze(Object.assign(Object.create(null), job.secrets)) as Readonly<Record<string, string>>,
    tokens: session.view(),
    state: (job.state ?? {}) as unknown,
    signal,
    insert: async (output: unknown, rows: unknown) => ({
      inserted: await writes.write("insert", output, rows, new Site()),
    }),
    replace: async (output: unknown, rows: unknown) => ({
      replaced: await writes.write("replace", output, rows, new Site()),
    }),
    upsert: async (output: unknown, rows: unknown) => ({
      upserted: await writes.write("upsert", output, rows, new Site()),
    }),
    checkpoint: async () => ({ checkpoint_id: await checkpoints.commit(ctx.state, new Site()) }),
    fetch: contextFetch({
      ...behind,
      onRetry: (why, after, next) => log(`${why}: asked again in ${waitText(after)} (${next})`),
      onWithheld: log,
    }),
    log,
  }
  for (const name of Object.keys(ctx)) {
    if (name !== "state") Object.defineProperty(ctx, name, { writable: false, configurable: false })
  }
  return Object.preventExtensions(ctx)
}

/** Waits until the host has taken it, so that no amount of it piles up. */
export const writeLog = (message: unknown): void => {
  const text = `${shown(message)}\n`
  try {
    for (let at = 0, end = 0; at < text.length; at = end) {
      end = at + piece
      // Half of a surrogate pair would be encoded as no character at all.
      if ((charCodeAt(text, end - 1) & 0xfc00) === 0xd800) end++
      const bytes = encode(slice(text, at, end), "utf8")
      for (let written = 0; written < bytes.length;) written += writeSync(logDescriptor, bytes, written)
    }
  } catch {
    // Nobody listens any more; whoever that was is about to end this process.
  }
}
