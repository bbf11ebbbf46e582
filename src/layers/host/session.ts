import type { Tokens } from "../../services/TokenService.ts"

/** Milliseconds before its end at which an access token is renewed. */
const ahead = 60_000

/** The tokens of a run, renewed while it goes on. */
export class Session {
  #tokens: Tokens | null
  readonly #ask: (refused: string) => Promise<Tokens | null>
  #renewal: Promise<boolean> | null = null
  /** Seen when it had a while to go. */
  #lasting: string | null = null
  #keptAsItIs: string | null = null

  /** `ask` is answered by who keeps the tokens: newer ones than the refused, or null. */
  constructor(tokens: Tokens | null, ask: (refused: string) => Promise<Tokens | null>) {
    this.#tokens = tokens
    this.#ask = ask
  }

  get accessToken(): string | null {
    return this.#tokens?.accessToken ?? null
  }

  /** Renews a token that is about to end; one that never lasted longer than that is used as it is. */
  async keepFresh(now: number): Promise<void> {
    const { accessToken, expiresAt } = this.#tokens ?? {}
    if (accessToken === undefined || expiresAt === undefined || this.#keptAsItIs === accessToken) return
    if (expiresAt - now > ahead) return void (this.#lasting = accessToken)
    if (this.#lasting !== accessToken || !(await this.renewed(accessToken))) this.#keptAsItIs = accessToken
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
