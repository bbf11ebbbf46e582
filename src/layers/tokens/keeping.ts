import { Effect, Result } from "effect"
import * as path from "node:path"
import type { KeptTokens } from "../../services/domain/KeptTokens.ts"
import { errorDocument, type TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { KeyMissing, KeyWrong } from "../../services/domain/KeyError.ts"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import type { Key, Keys } from "./keys.ts"
import { connectorsWithTokens, type Kept, readKept, tokenFile, type TokenHome, writeAs } from "./tokenFile.ts"
import { tokenLock } from "./tokenLock.ts"

/** Has tokens kept as they would be if they came today: with the current key, or plain where there is none. Call it with the lock. */
export const settle = Effect.fnUntraced(function* (home: TokenHome, connector: string, kept: Kept) {
  const { current } = home.keys
  if (kept.key !== current) yield* keepAs(home, connector, kept, current)
})

const keepAs = Effect.fnUntraced(function* (home: TokenHome, connector: string, { stored }: Kept, key: Key | null) {
  yield* writeAs(home, connector, stored, key)
  const how = key === null ? "kept as plain text" : `encrypted with key ${key.id}`
  yield* Effect.logInfo(`the tokens of connector "${connector}" are ${how} now`)
})

/** How all of them are kept, by connector. */
export const listKept = (home: TokenHome) =>
  forEachConnector(home, (connector) =>
    Effect.map(readKept(home, connector), (kept) => (kept === null ? null : shownOf(kept.key, home.keys))),
  )

/** Has all of them kept with this key, or as plain text; what cannot be is left as it is. */
export const keepAllAs = (home: TokenHome, key: Key | null) =>
  forEachConnector(home, (connector) =>
    Effect.gen(function* () {
      yield* tokenLock(home, connector)
      const kept = yield* readKept(home, connector)
      if (kept === null) return null
      if (kept.key !== key) yield* keepAs(home, connector, kept, key)
      return shownOf(key, home.keys)
    }).pipe(Effect.scoped),
  )

type Shown = Pick<KeptTokens, "kept" | "keyId">

const shownOf = (key: Key | null, { current }: Keys): Shown =>
  key === null ? { kept: "plain", keyId: null } : { kept: key === current ? "encrypted" : "previous", keyId: key.id }

const forEachConnector = Effect.fnUntraced(function* (
  home: TokenHome,
  look: (connector: string) => Effect.Effect<Shown | null, TaggedFailure>,
) {
  const { root, layout } = home.project
  const connectors = yield* Effect.try({
    try: () => connectorsWithTokens(home),
    catch: (cause) =>
      new StoreFailed({ operation: "read", path: path.relative(root, layout.tokens), code: errnoOf(cause) }),
  })
  const all = yield* Effect.forEach(connectors.toSorted(), (connector) =>
    Effect.map(Effect.result(look(connector)), (looked) => entryOf(home, connector, looked)),
  )
  return all.filter((entry) => entry !== null)
})

/** Null for tokens that somebody has forgotten meanwhile. */
const entryOf = (
  home: TokenHome,
  connector: string,
  looked: Result.Result<Shown | null, TaggedFailure>,
): KeptTokens | null => {
  const place = { connector, file: tokenFile(home, connector) }
  if (Result.isSuccess(looked)) return looked.success === null ? null : { ...place, ...looked.success, error: null }
  const { failure } = looked
  const keyId = failure instanceof KeyMissing || failure instanceof KeyWrong ? failure.keyId : null
  const kept = keyId === null ? null : "encrypted"
  return { ...place, kept, keyId, error: errorDocument(failure) as never }
}
