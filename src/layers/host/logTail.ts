import { ConnectorCrashed, ConnectorFailed, ConnectorTimeout } from "../../services/domain/GuestError.ts"

const most = 20

/** The last lines that a guest logged or printed, whole: only when its secrets are out of them may they be cut. */
export class LogTail {
  readonly #lines: Array<string> = []

  push(text: string): void {
    // Now and then instead of each time: there may be a million of them.
    if (this.#lines.length === 2 * most) this.#lines.splice(0, most)
    this.#lines.push(text)
  }

  /** The failure that its log may explain. */
  explain<E>(error: E): E | ConnectorCrashed | ConnectorFailed | ConnectorTimeout {
    const log = this.#lines.slice(-most)
    if (error instanceof ConnectorFailed) return new ConnectorFailed({ ...error, log })
    if (error instanceof ConnectorCrashed) return new ConnectorCrashed({ ...error, log })
    if (error instanceof ConnectorTimeout) return new ConnectorTimeout({ ...error, log })
    return error
  }
}
