import { type GuestWrites, inRows } from "./guestWrites.ts"
import type { HostPort } from "./hostPort.ts"
import { isFailure } from "./isFailure.ts"
import { Misuse } from "./misuse.ts"
import { mostCheckpoints } from "./protocol.ts"
import { stateText } from "./stateText.ts"

const call = "ctx.checkpoint() "

/** Whoever called it hears of a failure; this only waits. */
const ended = async (call: Promise<unknown>): Promise<void> => {
  try {
    await call
  } catch {
    // Told already.
  }
}

/** The commits of one run that its connector asks for while it runs. */
export class GuestCheckpoints {
  readonly #writes: GuestWrites
  readonly #host: HostPort
  /** The cursor as the last commit left it. */
  #state: string
  #asked = 0
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(writes: GuestWrites, host: HostPort, state: unknown) {
    this.#writes = writes
    this.#host = host
    this.#state = stateText(state)
  }

  /** One call of the connector, with its cursor as it is now. Answers the checkpoint's id, null if nothing changed. */
  commit(state: unknown, site: Error): Promise<string | null> {
    const committed = this.#commit(state, site)
    this.#underWay = ended(committed)
    return committed
  }

  /** The one that the connector didn't wait for has ended. */
  async idle(): Promise<void> {
    await this.#underWay
  }

  async #commit(state: unknown, site: Error): Promise<string | null> {
    const writes = this.#writes
    writes.check()
    try {
      writes.refuseLate()
      if (inRows.getStore() === true) {
        throw new Misuse("was called by the very rows that a call is taking: call it when that has returned")
      }
      const text = stateText(state)
      this.#refuseHalf(text)
      writes.hold()
      await writes.idle()
      writes.check()
      if (text === this.#state && writes.written().length === 0) {
        writes.goOn([])
        return null
      }
      if (++this.#asked > mostCheckpoints) throw new Misuse(`was called more than ${mostCheckpoints} times`)
      const outputs = writes.reports()
      if (isFailure(outputs)) throw writes.refuse(outputs)
      const answer = await this.#host.ask({ type: "checkpoint", outputs, state: text })
      this.#state = text
      writes.goOn(answer.outputs)
      return answer.checkpoint_id
    } catch (thrown) {
      throw writes.failed(thrown, { call, output: "", site })
    }
  }

  /** What is pulled anew is not whole before the end; a cursor beyond it would hide the rest for good. */
  #refuseHalf(state: string): void {
    if (state === this.#state) return
    const written = this.#writes.written()
    for (let at = 0; at < written.length; at++) {
      const { output, mode } = written[at]!
      if (mode !== "replace") continue
      throw new Misuse(
        `would keep a changed ctx.state with output "${output}" perhaps half pulled: after ctx.replace, change ctx.state when the checkpoint is there, or leave both to the end of sync`,
      )
    }
  }
}
