import type { Permissions } from "../../services/domain/Manifest.ts"

const always = ["assert", "buffer", "crypto", "events", "path", "stream", "timers", "url", "util", "zlib"]
const subpaths = [
  "assert/strict",
  "path/posix",
  "path/win32",
  "stream/promises",
  "stream/web",
  "timers/promises",
  "util/types",
]
const reading = ["fs", "fs/promises"]
const network = ["http", "https", "net", "tls", "dns", "dns/promises"]

/** The builtin modules (without `node:`) that a guest with these permissions may import. */
export const importableBuiltins = (permissions: Permissions): ReadonlyArray<string> => [
  ...always,
  ...subpaths,
  ...(permissions.read.length > 0 ? reading : []),
  ...(permissions.net === null ? network : []),
]
