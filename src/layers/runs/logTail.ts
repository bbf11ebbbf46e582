import type { LogLine } from "../../services/ConnectorHost.ts"

const mostLines = 20

/** The end of what a run logged, without its secrets. */
export class LogTail {
  readonly #redact: (text: string) => string
  #lines: ReadonlyArray<LogLine> = []

  constructor(redact: (text: string) => string) {
    this.#redact = redact
  }

  get lines(): ReadonlyArray<LogLine> {
    return this.#lines
  }

  readonly add = ({ stream, text }: LogLine): void => {
    this.#lines = [...this.#lines, { stream, text: this.#redact(text) }].slice(-mostLines)
  }
}
