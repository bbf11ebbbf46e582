import {
  ActionRefused,
  ActionRejected,
  ActionRowInvalid,
  UnknownAction,
} from "../../../src/services/domain/ActionError.ts"
import type { ErrorChapter } from "./chapter.ts"

const invalid = new ActionRowInvalid({
  action: "log_weight",
  call: 0,
  part: "rows",
  row: 1,
  field: "kg",
  expected: "at most 200",
  got: "715",
})

export const actions: ErrorChapter = {
  title: "Actions",
  where: "`action`, the forms of the dashboard, `POST /api/actions/run` and `run_actions`.",
  examples: [
    [
      new UnknownAction({ action: "log_wait", didYouMean: "log_weight", isBroken: false }),
      "The manifest has no such action, or declares it wrongly.",
    ],
    [
      new ActionRejected({ problems: [invalid], more: 2 }),
      "Rows were refused, and with them the whole request. `problems` holds an `ActionRowInvalid` for each bad row, of 20 at most.",
    ],
    [invalid, "One value that the action doesn't take; only ever within `ActionRejected`."],
    [
      new ActionRefused({ action: "forget_weight", detail: '"match" is missing', next: 'It takes "match".' }),
      "A call that makes no sense, whatever its rows are.",
    ],
  ],
}
