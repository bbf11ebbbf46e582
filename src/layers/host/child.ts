import { Socket } from "node:net"
import { messageLine, messagesOf } from "./channel.ts"
import { describe } from "./describe.ts"
import { GuestPort } from "./hostPort.ts"
import { isFailure } from "./isFailure.ts"
import { configFailure, loadConnector, loadFailure } from "./loadConnector.ts"
import type { Checkpointed, Described, DescribeJob, Failed, Job, Renewed, Synced, SyncFailed } from "./protocol.ts"
import { runSync } from "./runSync.ts"

/**
 * The guest's main: one job over its channel, with what that asks of the host, then the end. It imports nothing from effect (40 ms to start; with it 150).
 * What it needs later is taken before the fence closes and the connector's code loads.
 */
const channel = new Socket({ fd: 3, readable: true, writable: true })
const write = channel.write.bind(channel)
// Without the handlers of "exit" that the connector may have left, which could keep the process for ever.
const exit = (process as unknown as { readonly reallyExit: (code: number) => never }).reallyExit.bind(process)

const port = new GuestPort(write)
/**
 * The host ends whoever has told. Who ended by itself here could take the answer with it: what the host still writes to a
 * channel that is closed (to a question that nobody waits for any more, say) ends its reading, too.
 */
const tell = (answer: Described | Failed | Synced | SyncFailed): void => void write(messageLine(answer))

const main = async (): Promise<void> => {
  for await (const sent of messagesOf(channel, Number.POSITIVE_INFINITY)) {
    const message = sent as Job | Checkpointed | Renewed
    if (message.type === "checkpointed" || message.type === "renewed") {
      port.answer(message)
      continue
    }
    // What cannot be told is an end without an answer.
    void work(message)
      .then(tell)
      .catch(() => exit(1))
  }
  // The host is gone, and nobody would ever end this process.
  exit(0)
}

const work = async (job: Job): Promise<Described | Failed | Synced | SyncFailed> => {
  if (job.type === "run") return runSync(job, port)
  // Beyond the top level's own throw: a rejection that nobody handles, a timer's callback.
  process.once("uncaughtException", (thrown) => tell(loadFailure(thrown)))
  return describeConnector(job)
}

const describeConnector = async (job: DescribeJob): Promise<Described | Failed> => {
  const loaded = await loadConnector(job)
  if (isFailure(loaded)) return loaded
  try {
    return { type: "described", description: await describe(loaded, job.config) }
  } catch (thrown) {
    return { type: "failed", reason: "config-threw", ...configFailure(thrown) }
  }
}

void main()
