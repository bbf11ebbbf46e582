import type { Tokens } from "../../services/TokenService.ts"

/** The tokens of a run, renewed while it goes on. */
export class Session {
  #tokens: Tokens | null
  readonly #ask: (refused: string) => Promise<Tokens | null>
  #renewal: Promise<boolean> | null = null

  /** `ask` is answered by who keeps the tokens: newer ones than the refused, or null. */
  constructor(tokens: Tokens | null, ask: (refused: string) => Promise<Tokens | null>) {
    this.#tokens = tokens
    this.#ask = ask
  }

  get accessToken(): string | null {
    return this.#tokens?.accessToken ?? null
  }

  /** Whether there is another token now than the one refused. Requests that were refused together ask once. */
  renewed(refused: string): Promise<boolean> {
    if (this.accessToken !== refused) return Promise.resolve(true)
    return (this.#renewal ??= this.#renew(refused).finally(() => (this.#renewal = null)))
  }

  async #renew(refused: string): Promise<boolean> {
    const newer = await this.#ask(refused)
    if (newer === null || newer.accessToken === refused) return false
    this.#tokens = newer
    return true
  }

  /** `ctx.tokens`: always the newest, and nothing that could be changed. */
  view(): Readonly<Tokens> | undefined {
    if (this.#tokens === null) return undefined
    const view = {}
    for (const name of Object.keys(this.#tokens) as ReadonlyArray<keyof Tokens>) {
      Object.defineProperty(view, name, { get: () => this.#tokens?.[name], enumerable: true })
    }
    return Object.freeze(view) as Readonly<Tokens>
  }
}
