const most = 20

/** The last twenty of what a guest logged and printed. */
export class LogTail<Line> {
  readonly #lines: Array<Line> = []

  push(line: Line): void {
    // Now and then instead of each time: there may be a million of them.
    if (this.#lines.length === 2 * most) this.#lines.splice(0, most)
    this.#lines.push(line)
  }

  get lines(): ReadonlyArray<Line> {
    return this.#lines.slice(-most)
  }
}
