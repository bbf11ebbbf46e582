/** What each command prints with `--json`; the types are those of docs/http.md. */
export const jsonAnswers: Readonly<Record<string, string>> = {
  init: '`{"directory", "created", "changed", "kept", "warnings"}`: paths of files, and `ErrorDocument`s.',
  new: '`{"connector", "auth", "paging", "datasets", "created", "changed", "env", "redirectUri"}`; `env` are the keys that it needs in `.env`, and `redirectUri` is what to register with the provider (null unless `--auth oauth2`).',
  validate:
    '`{"ok", "errors", "warnings", "connectors"}`: `ErrorDocument`s with `file`, `path`, `line` and `column`, and `ConnectorStatus[]`. Exit code 1 unless `ok`.',
  test: '`{"ok", "tests": [{"file", "name", "outcome", "durationMs", "error"}]}`; the outcome is `passed`, `failed`, `skipped` or `todo`. Exit code 1 unless `ok`.',
  preview:
    '`{"connector", "outcome", "durationMs", "requests", "written", "datasets", "dropped", "schemaChanges", "drift", "state", "log", "error"}`; for each dataset the first rows (`sample`, and how many there are beyond: `more`) with their types, how many rows are new (`inserted`) or take the place of others (`replaced`; `merged`: those with a key that is there, and `unchanged`, how many of these are the same), and of a drift the first row that doesn\'t fit (`misfit`). `written` are the rows by output that a connector which failed had written by then.',
  sync: '`{"runs": Run[], "connectors": ConnectorStatus[]}`. A run that another process was in the way of is `skipped`: exit code 0, or 1 when that connector was named. Where no run began, `{"error"}`.',
  status:
    '`{"connectors": ConnectorStatus[]}`. Exit code 0 whatever it has to tell of them, failures as well; 1 where it cannot tell, of a manifest that is broken or a connector that there is not.',
  runs: '`{"runs": ListedRun[]}`: those that are under way are among them, as `running`.',
  logs: '`{"lines"}`, each line `{"stream", "text", "at"}`.',
  cancel: '`{"runId", "cancelled"}`, when it has ended.',
  history: '`{"checkpoints": Checkpoint[]}`; with `--prune` also `"pruned"`, the ids that were forgotten.',
  rollback:
    '`{"checkpoint_id", "undone", "redone", "datasets", "turned"}`; `checkpoint_id` is the rollback\'s own, and `turned` has by dataset what those that it undid (or redid) had done: how many rows each brought (`new`), `changed` and `removed`, all added up, and by how many the dataset had `grown` through all of them (null where that isn\'t known).',
  datasets:
    '`{"datasets": [{"name", "kind", "description", "exists", "outputs", "source", "sql", "table", "format", "rows", "columns", "error"}]}`; `rows` is 0 where there are none yet, else null.',
  contract: '`{"dataset", "columns", "checkpoint_id"}`; the id is that of a `--settle`, null without one.',
  query: '`{"columns", "rows", "truncated"}`, see [queries](queries.md).',
  actions: '`{"actions": ActionInfo[]}`.',
  action: '`{"checkpoint_id", "datasets"}`; the id is null where nothing was written.',
  schema: "the same, which is JSON in either case.",
  tokens:
    '`{"keyId", "tokens": [{"connector", "file", "kept", "keyId", "error"}]}`, see [tokens at rest](tokens-at-rest.md#is-it-encrypted).',
  serve: '`{"origin", "pid"}`, as soon as it serves.',
  mcp: "nothing else: stdout carries the protocol.",
  demo: "nothing else: it is told in words.",
}
