/** What each command prints with `--json`; `Run` and the like are types of docs/http.md. */
export const jsonAnswers: Readonly<Record<string, string>> = {}
