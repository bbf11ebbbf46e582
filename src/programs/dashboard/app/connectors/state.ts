import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import type { Tone } from "../parts/tone.ts"
import { asDocument } from "../words/runs.ts"

export interface Shown {
  readonly tone: Tone
  readonly label: string
  /** It has brought nothing yet. */
  readonly isEmpty?: boolean
}

/** How a connector is, in a word. */
export const stateOf = (connector: ConnectorStatus, isLive: boolean): Shown => {
  if (isLive || connector.running?.runId != null) return { tone: "busy", label: "Syncing" }
  if (connector.running !== null) return { tone: "busy", label: "Busy" }
  if (connector.loadError !== null) return { tone: "bad", label: "Does not load" }
  if (connector.missingSecrets.length > 0) return { tone: "attention", label: "Needs secrets" }
  if (!connector.connected) return { tone: "attention", label: needsKey(connector) ? "Needs its key" : "Not connected" }
  const error = asDocument(connector.lastError)
  if (error !== null && error._tag !== "SyncCancelled") return { tone: "bad", label: "Failing" }
  if (connector.stale !== null) return { tone: "attention", label: "Stale" }
  const isEmpty = connector.lastSuccess === null
  if (error !== null) return { tone: "idle", label: "Cancelled", isEmpty }
  if (isEmpty) return { tone: "idle", label: "Never synced", isEmpty }
  if (connector.nextSync === null) return { tone: "good", label: "Synced" }
  return { tone: "good", label: "Fresh" }
}

const tagOf = ({ connected, lastError }: ConnectorStatus): string =>
  connected ? "" : ((lastError as { readonly _tag?: string } | null)?._tag ?? "")

/** Signing in is no way on while its tokens are encrypted with a key that the server doesn't have. */
export const needsKey = (connector: ConnectorStatus): boolean =>
  ["KeyMissing", "KeyUnusable", "KeyWrong"].includes(tagOf(connector))

/** It has tokens, though they may be of no use. */
export const holdsTokens = (connector: ConnectorStatus): boolean =>
  connector.connected || ["KeyMissing", "KeyWrong", "TokensUnreadable"].includes(tagOf(connector))

/** All of them in a sentence. */
export const summaryOf = (states: ReadonlyArray<Shown>): string => {
  const bad = states.filter(({ tone }) => tone === "bad" || tone === "attention").length
  const busy = states.filter(({ tone }) => tone === "busy").length
  const empty = states.filter(({ isEmpty }) => isEmpty === true).length
  const all = states.length
  const running = busy === 0 ? "" : ` ${busy === 1 ? "One is" : `${busy} are`} syncing.`
  if (bad > 0) return `${bad} of ${all} ${bad === 1 ? "needs" : "need"} your attention.${running}`
  if (empty > 0) return `${empty} of ${all} not synced yet.${running}`
  if (busy === all) return running.trim()
  return `All is up to date.${running}`
}
