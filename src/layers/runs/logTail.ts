import type { LogLine } from "../../services/ConnectorHost.ts"

const mostLines = 20

/** The end of what a run logged, without its secrets. */
export class LogTail {
  readonly #redact: (text: string) => string
  readonly #onLine: (line: LogLine) => void
  #lines: ReadonlyArray<LogLine> = []

  constructor(redact: (text: string) => string, onLine: (line: LogLine) => void = () => {}) {
    this.#redact = redact
    this.#onLine = onLine
  }

  get lines(): ReadonlyArray<LogLine> {
    return this.#lines
  }

  readonly add = ({ stream, text }: LogLine): void => {
    const line = { stream, text: this.#redact(text) }
    this.#lines = [...this.#lines, line].slice(-mostLines)
    this.#onLine(line)
  }
}
