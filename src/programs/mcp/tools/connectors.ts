import { Effect, Schema } from "effect"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import { isKeyError } from "../../../services/domain/KeyError.ts"
import { ConnectorStatus } from "../../../services/domain/ConnectorStatus.ts"
import { keyWords, signInWords, tokenKeyWords } from "../signIn.ts"
import { nothing, readsOnly, tool } from "../tool.ts"

const Problem = Schema.Record(Schema.String, Schema.Json)

export const listConnectors = tool({
  name: "list_connectors",
  title: "List connectors",
  description: `Every connector of the project with its state. Call it first, and whenever a sync failed.

Look at: "loadError" (its code or its entry in manifest.json is broken: fix the file it names, then call validate), "missingSecrets" (ask the user to add these keys to .env; never ask for their values), "connected" (false with nothing missing: the user has to sign in), "lastError" (its "suggestion" is the next step), "running" (its runId, while it runs), "nextSync" and "nextSyncReason" (when it runs by itself, while the user has "openislands serve" running), "datasets" (connector output -> dataset). What the user has to do stands in words behind the answer: say them.

ManifestSyntax or ManifestUnreadable: mend manifest.json at the line that it names, then call validate.`,
  input: nothing,
  output: Schema.Struct({ connectors: Schema.Array(ConnectorStatus) }),
  annotations: readsOnly,
  run: Effect.fnUntraced(function* () {
    const connectors = yield* ConnectorCatalog.use((catalog) => catalog.statuses)
    const waiting = connectors.filter(
      ({ connected, loadError, missingSecrets, auth, lastError }) =>
        !connected && loadError === null && missingSecrets.length === 0 && auth === "oauth2" && !isKeyError(lastError),
    )
    const lacksKey = connectors.some(({ connected, lastError }) => !connected && isKeyError(lastError))
    const words = [
      lacksKey ? tokenKeyWords : null,
      keyWords([...new Set(connectors.flatMap(({ missingSecrets }) => missingSecrets))]),
      yield* signInWords(waiting.map(({ name }) => name)),
    ].filter((one) => one !== null)
    return { value: { connectors }, ...(words.length === 0 ? {} : { say: words.join("\n") }) }
  }),
})

export const validate = tool({
  name: "validate",
  title: "Validate the project",
  description: `Checks manifest.json and loads every connector's code, without running a sync or writing data. Call it after each edit of manifest.json or of a connector.

"ok" says whether everything is fine. Each of "errors" and "warnings" has a message, a "suggestion" (the next step), and the place: file, line, column. Mend all of "errors", then call it again; "warnings" stop nothing.`,
  input: nothing,
  output: Schema.Struct({
    ok: Schema.Boolean,
    errors: Schema.Array(Problem),
    warnings: Schema.Array(Problem),
    connectors: Schema.Array(ConnectorStatus),
  }),
  annotations: readsOnly,
  run: () => ConnectorCatalog.use((catalog) => catalog.validate).pipe(Effect.map((value) => ({ value }))),
})
