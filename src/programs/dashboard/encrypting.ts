import { Effect } from "effect"
import { errorDocument, type ErrorDocument, type TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { TokenService } from "../../services/TokenService.ts"

/** A connector that is seldom due would keep its tokens as plain text for long: all are encrypted as soon as there is a key. */
export const encrypting = Effect.gen(function* () {
  const tokens = yield* TokenService
  const { tokens: all } = (yield* tokens.keepAll("encrypted")) ?? (yield* tokens.kept)
  for (const { error } of all) if (error !== null) yield* warn(error as unknown as ErrorDocument)
}).pipe(Effect.catch((failure: TaggedFailure) => warn(errorDocument(failure))))

const warn = ({ message, suggestion }: ErrorDocument) =>
  Effect.logWarning(suggestion === null ? message : `${message}\n${suggestion}`)
