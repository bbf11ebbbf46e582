import { settling } from "./causes.ts"
import type { Recovered } from "./recovery.ts"
import type { Plan } from "./plan.ts"

/** What a recovery did, in one line for people. */
export const recoveryText = (recovered: Recovered): string => {
  if (recovered.outcome === "removed")
    return `an unfinished transaction (${recovered.id}) that had changed nothing was removed`
  const { outcome, plan } = recovered
  const which = `${nameOf(plan.cause)} that was cut short (checkpoint ${plan.id}, ${momentOf(plan.at)})`
  const datasets = Object.keys(plan.datasets)
  const touched = datasets.length > 0 ? datasets : plan.connectors.map((name) => `the cursor of "${name}"`)
  const [are, were, them] = touched.length === 1 ? ["is", "it was", "it"] : ["are", "they were", "them"]
  const state = outcome === "undone" ? `as ${were} before it` : `as it was to leave ${them}`
  return `${which} was ${outcome}: ${touched.join(", ")} ${are} ${state}`
}

const nameOf = ({ type, connector, action }: Plan["cause"]): string => {
  if (type === "sync") return `a sync of "${connector}"`
  if (type === "rollback") return "a rollback"
  return action === settling.action ? "a change of column types" : `an action ("${action}")`
}

/** To the minute, which is what people remember. */
const momentOf = (at: string): string => `${at.slice(0, 16).replace("T", " ")} UTC`
