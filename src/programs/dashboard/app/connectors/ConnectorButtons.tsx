import { Button } from "@mantine/core"
import type { MouseEvent } from "react"
import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import { Problem } from "../parts/Problem.tsx"
import { post, segments } from "../server/ask.ts"
import type { LiveRun } from "../server/runsUnderWay.ts"
import { useAction } from "../server/useAction.ts"
import { holdsTokens, needsKey } from "./state.ts"

interface Props {
  readonly connector: ConnectorStatus
  readonly run: LiveRun | null
}

export const ConnectorButtons = ({ connector, run }: Props) => {
  const { act, isBusy, refused } = useAction()
  const { name } = connector
  const at = (rest: string): string => `/api/connectors/${segments(name)}${rest}`
  const connect = async (): Promise<void> => {
    const { authorizeUrl } = await post<{ readonly authorizeUrl: string }>(at("/auth/start"))
    location.assign(authorizeUrl)
  }
  // Every card has the same buttons: whose they are, its heading says.
  const about = `connector-${name}`
  const runId = run?.runId ?? connector.running?.runId ?? null
  const signsIn = connector.auth === "oauth2"
  // A sync before that could only fail, and say so.
  const hasToConnect = signsIn && !connector.connected && !needsKey(connector)
  const canSync = connector.connected && connector.missingSecrets.length === 0 && connector.loadError === null
  // Stays enabled, as a disabled button loses the focus; the second click of a double one would cancel what the first began.
  const on = (action: () => Promise<void>) => (event: MouseEvent) =>
    isBusy || event.detail > 1 ? undefined : act(action)
  return (
    <div className="card-foot">
      {refused !== null && <Problem error={refused} isNew />}
      <div className="buttons">
        {hasToConnect && (
          <Button size="sm" onClick={on(connect)} aria-describedby={about}>
            Connect
          </Button>
        )}
        {hasToConnect && runId === null ? null : runId === null ? (
          <Button
            size="sm"
            variant={canSync ? "filled" : "default"}
            onClick={on(() => post(at("/sync")))}
            aria-describedby={about}
          >
            Sync now
          </Button>
        ) : (
          <Button
            size="sm"
            variant="default"
            onClick={on(() => post(`/api/runs/${segments(runId)}/cancel`))}
            aria-describedby={about}
          >
            Cancel
          </Button>
        )}
        {signsIn && holdsTokens(connector) && (
          <Button
            size="sm"
            variant="subtle"
            color="gray"
            onClick={on(() => post(at("/auth/disconnect")))}
            aria-describedby={about}
          >
            Disconnect
          </Button>
        )}
      </div>
    </div>
  )
}
