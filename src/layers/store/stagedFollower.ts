import { Effect, Fiber } from "effect"
import type { promises as fs } from "node:fs"
import type { Codec } from "../../services/domain/Contract.ts"
import { StagedScan } from "./stagedScan.ts"

/** Reads what is being staged while it is being staged, so that little is left to read when the guest is done. */
export interface StagedFollower {
  /** Stops following; the scan of everything up to now, or null when it can't be told from this one alone. */
  readonly stop: Effect.Effect<StagedScan | null>
}

const pause = "20 millis"

export const followStaged = Effect.fnUntraced(function* (handle: fs.FileHandle, codec: Codec) {
  let scan: StagedScan | null = new StagedScan(codec, null)
  const buffer = Buffer.allocUnsafe(1 << 18)
  const catchUp = async (signal?: AbortSignal): Promise<void> => {
    while (scan !== null && signal?.aborted !== true) {
      const { size } = await handle.stat()
      // A replace threw away what had been staged before it.
      if (size < scan.bytes) scan = new StagedScan(codec, null)
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, scan.bytes)
      if (bytesRead === 0) return
      scan.push(buffer.subarray(0, bytesRead))
    }
  }
  // What is wrong with the bytes is found again, and told, when they are read at the end.
  const step = Effect.tryPromise((signal) => catchUp(signal)).pipe(
    Effect.catch(() => Effect.sync(() => void (scan = null))),
  )
  const following = yield* step.pipe(Effect.andThen(Effect.sleep(pause)), Effect.forever, Effect.forkScoped)
  return {
    stop: Fiber.interrupt(following).pipe(
      Effect.andThen(step),
      Effect.map(() => scan),
    ),
  } satisfies StagedFollower
})
