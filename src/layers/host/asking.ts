import type { HostAnswer, Unauthorized } from "./protocol.ts"

/** What the guest asks its host while `sync` runs; answers come in the order of the questions. */
export class Asking {
  readonly #send: (question: Unauthorized) => void
  #waiting: Promise<unknown> = Promise.resolve()
  #answered: ((answer: HostAnswer) => void) | null = null

  constructor(send: (question: Unauthorized) => void) {
    this.#send = send
  }

  ask(question: Unauthorized): Promise<HostAnswer> {
    const answer = this.#waiting.then(
      () =>
        new Promise<HostAnswer>((resolve) => {
          this.#answered = resolve
          this.#send(question)
        }),
    )
    this.#waiting = answer
    return answer
  }

  answer(message: HostAnswer): void {
    this.#answered?.(message)
    this.#answered = null
  }
}
