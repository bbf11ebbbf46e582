import { Effect } from "effect"
import { ManifestService } from "../../services/ManifestService.ts"
import { UsageError } from "./failure.ts"

/** The project's connector, where it has one; where it hasn't, `command` is how to name one. */
export const theOnly = Effect.fnUntraced(function* (command: string) {
  const { connectorNames } = yield* ManifestService.use((manifests) => manifests.load)
  const [first, ...others] = connectorNames
  if (first !== undefined && others.length === 0) return first
  return yield* new UsageError("which connector?", `Name one: ${command}`)
})
