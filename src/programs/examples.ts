import * as path from "node:path"
import { packageRoot } from "../layers/packageRoot.ts"

/** Where the package, or the checkout, has an example. */
export const exampleAt = (name: string): string => path.join(packageRoot, "examples", name)

/** Of a path in an example: what somebody who ran it in its place has there, and no copy should. */
export const isMade = (file: string): boolean =>
  /^(data|node_modules|\.openislands|\.env)$/.test(file.split(path.sep)[0] ?? "")
