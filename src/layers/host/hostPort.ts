import { append } from "../formats/primordials.ts"
import { messageLine } from "./channel.ts"
import type { Checkpoint, Checkpointed, Progress, Renewed, Unauthorized } from "./protocol.ts"

/** What a run asks of its host, by the type of the question. */
interface Answers {
  readonly checkpoint: Checkpointed
  readonly unauthorized: Renewed
}
type Question = Checkpoint | Unauthorized

/** A run's way to its host, while it goes on. */
export interface HostPort {
  readonly tell: (message: Progress) => void
  /** A host that has no answer ends the guest instead. */
  readonly ask: <Asked extends Question>(question: Asked) => Promise<Answers[Asked["type"]]>
}

/** Questions are answered in the order in which they were asked: the host takes one message after the other. */
export class GuestPort implements HostPort {
  readonly #write: (line: string) => unknown
  readonly #waiting: Array<(answer: never) => void> = []
  #answered = 0

  constructor(write: (line: string) => unknown) {
    this.#write = write
  }

  readonly tell = (message: Progress): void => void this.#write(messageLine(message))

  readonly ask = <Asked extends Question>(question: Asked): Promise<Answers[Asked["type"]]> =>
    new Promise((resolve) => {
      append(this.#waiting, resolve as (answer: never) => void)
      this.#write(messageLine(question))
    })

  /** One that nobody asked for is passed over: the connector forged the question. */
  readonly answer = (answer: Answers[Question["type"]]): void => {
    const at = this.#answered
    if (at === this.#waiting.length) return
    this.#answered++
    this.#waiting[at]!(answer as never)
  }
}
