import { Effect } from "effect"
import { format } from "prettier"
import { cliPage } from "./cliPage.ts"
import { errorsPage } from "./errorsPage.ts"
import { httpPage } from "./httpPage.ts"

const formatted = (text: string): Promise<string> =>
  format(text, { parser: "markdown", printWidth: 120, semi: false, proseWrap: "always" })

/** The generated pages: the path from the root of the repository, and the text. */
export const pages = async (): Promise<ReadonlyArray<readonly [path: string, text: string]>> => [
  ["docs/cli.md", await formatted(await Effect.runPromise(cliPage))],
  ["docs/http.md", await formatted(httpPage())],
  ["docs/errors.md", await formatted(errorsPage())],
]
