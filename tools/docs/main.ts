import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { pages } from "./pages.ts"

/** `npm run docs`: the pages that are generated from the sources. */
const root = path.join(import.meta.dirname, "..", "..")
for (const [file, text] of await pages()) writeFileSync(path.join(root, file), text)
