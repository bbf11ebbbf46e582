import { ManifestUnreadable } from "../../../src/services/ManifestService.ts"
import { PathEscapes } from "../../../src/services/Project.ts"
import {
  DatasetShared,
  InvalidConfig,
  InvalidField,
  InvalidName,
  InvalidPath,
  InvalidSchedule,
  ManifestSyntax,
  NotASource,
  SourceShared,
  TwoDatabases,
  UnknownDataset,
  UnknownKey,
  UnknownOutput,
} from "../../../src/services/domain/ManifestProblem.ts"
import { LoadError } from "../../../src/services/domain/LoadError.ts"
import { SecretTooShort } from "../../../src/services/domain/SecretTooShort.ts"
import type { ErrorChapter } from "./chapter.ts"

const at = (path: string) => ({ file: "manifest.json", path, line: 12, column: 7 })

const load = (reason: LoadError["reason"], detail: string, line: number | null = null): LoadError =>
  new LoadError({
    module: "connectors/people",
    reason,
    detail,
    file: line === null ? null : "connectors/people/index.ts",
    line,
    column: line === null ? null : 1,
  })

export const manifest: ErrorChapter = {
  title: "The manifest and the code of connectors",
  where:
    "`validate`, all of them at once and each at its place; `status` and the dashboard, as `loadError`; the record of a run that could not begin.",
  examples: [
    [
      new ManifestUnreadable({ file: "manifest.json", directory: "/home/ada/data", code: "ENOENT" }),
      "There is no `manifest.json`, or it cannot be read.",
    ],
    [
      new ManifestSyntax({ ...at(""), detail: "a comma is missing before this" }),
      "The manifest is no JSON, even with comments and trailing commas allowed.",
    ],
    [
      new InvalidField({
        ...at("connectors.people.timeout"),
        expected: 'must be a duration such as "10m", not "10 minutes"',
      }),
      "A value of the manifest is of the wrong kind, or missing.",
    ],
    [
      new InvalidName({ ...at("connectors.my bank"), name: "my bank", kind: "connector" }),
      "A connector, dataset, action or output has a name that it cannot have.",
    ],
    [
      new InvalidPath({
        ...at("datasets.people.source"),
        written: "../people.csv",
        detail: '"../people.csv" leads outside the project: /home/ada/people.csv',
      }),
      "A path of the manifest leads where it must not.",
    ],
    [
      new InvalidSchedule({
        ...at("connectors.people.schedule"),
        connector: "people",
        detail: '"6 hours" is not an interval: a number and one of s, m, h, d, w, such as 6h',
      }),
      "A schedule is neither an interval nor a cron expression.",
    ],
    [
      new UnknownDataset({ ...at("connectors.people.datasets.people"), dataset: "peple", didYouMean: "people" }),
      "A connector or an action names a dataset that isn't declared.",
    ],
    [
      new NotASource({ ...at("connectors.people.datasets.people"), dataset: "hot_days" }),
      "An output or an action is to write to a dataset that is a query.",
    ],
    [
      new DatasetShared({ ...at("connectors.people.datasets.plans"), dataset: "people", outputs: ["people", "plans"] }),
      "Two outputs of one connector write to one dataset.",
    ],
    [
      new SourceShared({ ...at("datasets.persons"), datasets: ["people", "persons"], source: "data/people.csv" }),
      "Two datasets are the same file, or the same table.",
    ],
    [
      new TwoDatabases({ ...at("connectors.people.datasets"), connector: "people", datasets: ["people", "plans"] }),
      "The datasets of one connector are in two database files. A sync is one transaction, and no transaction spans two.",
    ],
    [
      new UnknownOutput({
        ...at("connectors.people.datasets.itms"),
        connector: "people",
        output: "itms",
        outputs: ["items"],
        didYouMean: "items",
      }),
      "The manifest, or `ctx.insert` and its like, names an output that the connector doesn't declare.",
    ],
    [
      new InvalidConfig({
        ...at("connectors.people.config.since"),
        connector: "people",
        detail: 'Invalid ISO date (such as 2026-01-31), got "2026-1-1"',
      }),
      "The `config` of the manifest doesn't fit the connector's own schema.",
    ],
    [
      new UnknownKey({ ...at("connectors.people.shedule"), key: "shedule", didYouMean: "schedule" }),
      "A warning: a key of a connector, dataset or action that nothing reads.",
    ],
    [
      new SecretTooShort({ file: ".env", connector: "people", key: "PEOPLE_API_TOKEN" }),
      "A warning: a secret is so short that nobody could tell it from a word, so it is not redacted.",
    ],
    [
      new PathEscapes({ written: "../../secrets", leadsTo: "/home/secrets", why: "outside" }),
      "A path leads out of the project, into `.openislands` or to `.env`. Most often it is told as `InvalidPath`.",
    ],
    [
      load("missing-directory", "there is no such directory"),
      'The directory that `"module"` names isn\'t there (`reason` is `missing-directory`).',
    ],
    [
      load("no-index", "has none of index.ts, index.tsx, index.mts, index.js, index.mjs"),
      "The directory holds no file that could be the connector (`no-index`).",
    ],
    [load("syntax", 'Unexpected "}"', 9), "Its code cannot be read."],
    [
      load("forbidden-import", '"node:child_process" cannot be imported by a connector', 1),
      "It imports a package or a builtin that connectors are not given.",
    ],
    [load("unreadable", "it cannot be read (EACCES)"), "Its files cannot be read."],
    [load("no-default-export", "it has no default export", 1), "`index.ts` exports no default."],
    [
      load("not-a-connector", "the default export is not the result of defineConnector(...)"),
      "What it exports was not made by `defineConnector`.",
    ],
    [load("invalid-definition", "description must be a non-empty string"), "The definition has a wrong part."],
    [load("config-threw", "its config schema failed: boom"), "The schema of its config throws."],
    [load("threw", "boom", 4), "The top level of the module throws."],
    [load("crashed", "it ended its own process (exit code 3)"), "The top level of the module ends the process."],
    [
      load("timeout", "its top level, or its config schema, took longer than 10 s"),
      "The top level of the module doesn't come to an end.",
    ],
  ],
}
