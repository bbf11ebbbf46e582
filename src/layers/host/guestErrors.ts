import type { SyncJob } from "../../services/ConnectorHost.ts"
import {
  ConnectorCrashed,
  ConnectorFailed,
  ConnectorTimeout,
  type GuestError,
  RowError,
  StateNotJson,
} from "../../services/domain/GuestError.ts"
import { UnknownOutput } from "../../services/domain/ManifestProblem.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import type { SyncFailed } from "./answers.ts"
import { positionIn, userPosition } from "./stack.ts"

/** What the guest says went wrong, at its place in the user's own files. */
export const guestError = (failed: SyncFailed, job: SyncJob<unknown>, root: string): GuestError => {
  const { connector, bundle } = job
  const position = failed.stack === null ? null : userPosition(failed.stack, bundle.file, root)
  switch (failed.why) {
    case "threw":
      return new ConnectorFailed({
        connector,
        detail: failed.detail,
        retryable: failed.retryable,
        retryAfter: failed.retryAfter,
        refused: failed.refused,
        providerStatus: failed.providerStatus,
        ...(position ?? { file: null, line: null, column: null }),
      })
    case "state":
      return new StateNotJson({ connector, detail: failed.detail, ...positionIn(bundle, failed.stack, root) })
    case "output": {
      const outputs = job.outputs.map(({ output }) => output)
      return new UnknownOutput({
        ...positionIn(bundle, failed.stack, root),
        path: `connectors.${connector}.datasets.${failed.output}`,
        connector,
        output: failed.output,
        outputs,
        didYouMean: didYouMean(failed.output, outputs),
      })
    }
    case "row": {
      const { output, row, key, column, expected, got } = failed
      const plan = job.outputs.find((candidate) => candidate.output === output)
      if (plan === undefined) return notOurs(connector)
      const source = position === null ? null : `${position.file}:${position.line}:${position.column}`
      return new RowError({ connector, output, dataset: plan.dataset, row, key, column, expected, got, source })
    }
  }
}

/** The channel is the guest's own; the connector must have got hold of it. */
export const notOurs = (connector: string): ConnectorCrashed =>
  new ConnectorCrashed({ connector, why: "channel", detail: "it sent what a connector cannot send" })

/** The failure with the lines that may explain it, whole: only when its secrets are out of them may they be cut. */
export const explained = <E>(error: E, log: ReadonlyArray<string>): E | GuestError => {
  if (error instanceof ConnectorFailed) return new ConnectorFailed({ ...error, log })
  if (error instanceof ConnectorCrashed) return new ConnectorCrashed({ ...error, log })
  if (error instanceof ConnectorTimeout) return new ConnectorTimeout({ ...error, log })
  return error
}
