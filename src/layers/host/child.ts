import { Socket } from "node:net"
import { messageLine, messagesOf } from "./channel.ts"
import { closeFence } from "./fence.ts"
import { describe } from "./describe.ts"
import { NotAConnector } from "./declaration.ts"
import type { Described, Failed, Job } from "./protocol.ts"

/**
 * The guest's main: one job over its channel, then the end. It imports nothing from effect (40 ms to start; with it 150).
 * What it needs later is taken before the fence closes and the connector's code loads.
 */
const channel = new Socket({ fd: 3, readable: true, writable: true })
const exit = process.exit.bind(process)
const write = channel.write.bind(channel)

const tell = (answer: Described | Failed): void => void write(messageLine(answer), () => exit(0))

const main = async (): Promise<void> => {
  // Beyond the top level's own throw: a rejection that nobody handles, a timer's callback.
  process.once("uncaughtException", (thrown) => tell({ type: "failed", reason: "threw", ...textOf(thrown) }))
  for await (const job of messagesOf(channel, Number.POSITIVE_INFINITY)) {
    void work(job as Job).then(tell)
  }
  // The host is gone, and nobody would ever end this process.
  exit(0)
}

const work = async (job: Job): Promise<Described | Failed> => {
  try {
    closeFence(job.bundle, job.builtins)
    const namespace: { readonly default?: unknown } = await import(job.bundle)
    if (!("default" in namespace)) {
      return { type: "failed", reason: "no-default-export", detail: "it has no default export", stack: null }
    }
    return { type: "described", description: await describe(namespace.default, job.config) }
  } catch (thrown) {
    const reason = thrown instanceof NotAConnector ? "not-a-connector" : "threw"
    return { type: "failed", reason, ...textOf(thrown) }
  }
}

/** Anything can be thrown: null, a frozen object, an error whose getters throw. */
const textOf = (thrown: unknown): { readonly detail: string; readonly stack: string | null } => {
  try {
    if (thrown instanceof Error) {
      return {
        detail: cut(`${thrown.message}` || thrown.name),
        stack: typeof thrown.stack === "string" ? cut(thrown.stack) : null,
      }
    }
    return { detail: cut(`threw ${typeof thrown === "string" ? JSON.stringify(thrown) : String(thrown)}`), stack: null }
  } catch {
    return { detail: "threw something that cannot be shown", stack: null }
  }
}

const cut = (text: string): string =>
  text.length > 10_000 ? `${text.slice(0, 10_000)}... (${text.length} characters)` : text

void main()
