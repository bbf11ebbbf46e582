import { Effect } from "effect"
import * as path from "node:path"
import { TokensUnwritable } from "../../services/domain/AuthError.ts"
import { waitLock } from "../store/SqliteLocks.ts"
import type { TokenPlace } from "./tokenFile.ts"

/** Held while the tokens of a connector are replaced, by whichever process. */
export const tokenLock = Effect.fnUntraced(function* ({ project }: TokenPlace, connector: string) {
  const { layout } = project
  const file = path.join(layout.locks, `token-${connector}.lock`)
  const failed = (code: string) => new TokensUnwritable({ connector, file: path.relative(project.root, file), code })
  yield* project.ensure(layout.locks).pipe(Effect.mapError(({ code }) => failed(code)))
  yield* waitLock(file).pipe(
    Effect.catchTag("LockBusy", () => Effect.fail(failed("it is in use"))),
    Effect.catchTag("LockFailed", ({ detail }) => Effect.fail(failed(detail))),
  )
})
