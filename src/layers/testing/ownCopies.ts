import { registerHooks } from "node:module"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { isZod, kitEntry, ownFile, packageRoot } from "../packageRoot.ts"

/** Loaded before a connector's test: it finds the kit and zod where a sync does, in us, and nothing has to be installed. */
const kit: Readonly<Record<string, string>> = {
  "@openislands/connector-kit": kitEntry,
  "@openislands/connector-kit/testing": ownFile("kit/testing.js", "src/kit/testing.mjs"),
}
const ours = pathToFileURL(path.join(packageRoot, "package.json")).href

registerHooks({
  resolve: (specifier, context, next) => {
    const file = Object.hasOwn(kit, specifier) ? kit[specifier] : undefined
    if (file !== undefined) return { url: pathToFileURL(file).href, shortCircuit: true }
    const found = next(specifier, isZod(specifier) ? { ...context, parentURL: ours } : context)
    // Connectors are modules, whatever a package.json above them says of its own files.
    return found.url.endsWith(".ts") ? { ...found, format: "module-typescript" } : found
  },
})
