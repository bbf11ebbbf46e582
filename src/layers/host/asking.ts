import type { Checkpoint, Checkpointed, HostAnswer, Renewed, Unauthorized } from "./protocol.ts"

type Question = Checkpoint | Unauthorized
type AnswerTo<Asked extends Question> = Asked extends Checkpoint ? Checkpointed : Renewed

/** What the guest asks its host while `sync` runs; answers come in the order of the questions. */
export class Asking {
  readonly #send: (question: Question) => void
  #waiting: Promise<unknown> = Promise.resolve()
  #answered: ((answer: never) => void) | null = null

  constructor(send: (question: Question) => void) {
    this.#send = send
  }

  ask<Asked extends Question>(question: Asked): Promise<AnswerTo<Asked>> {
    const answer = this.#waiting.then(
      () =>
        new Promise<AnswerTo<Asked>>((resolve) => {
          this.#answered = resolve
          this.#send(question)
        }),
    )
    this.#waiting = answer
    return answer
  }

  answer(message: HostAnswer): void {
    this.#answered?.(message as never)
    this.#answered = null
  }
}
