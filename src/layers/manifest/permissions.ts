import { Effect } from "effect"
import type { Permissions } from "../../services/domain/Manifest.ts"
import { InvalidPath } from "../../services/domain/ManifestProblem.ts"
import type { Project } from "../../services/Project.ts"
import type { Place } from "./document.ts"
import type { Findings } from "./findings.ts"
import { findReadable } from "./readable.ts"

export const checkPermissions = Effect.fnUntraced(function* (
  findings: Findings,
  project: Project["Service"],
  place: Place | undefined,
): Effect.fn.Return<Permissions> {
  const fields = place && findings.fields(place, ["read", "net"])
  const read = fields?.get("read")
  const net = fields?.get("net")
  const paths = yield* Effect.forEach(read === undefined ? [] : findings.items(read), (item) =>
    checkReadable(findings, project, item),
  )
  const hosts = net && findings.items(net).map((item) => checkHost(findings, item))
  return { read: distinct(paths), net: hosts === undefined ? null : distinct(hosts) }
})

const distinct = (values: ReadonlyArray<string | null>): ReadonlyArray<string> => [
  ...new Set(values.filter((value) => value !== null)),
]

const checkReadable = Effect.fnUntraced(function* (findings: Findings, project: Project["Service"], place: Place) {
  const written = findings.text(place)
  if (written === null) return null
  return yield* findReadable(project, written).pipe(
    Effect.catchTag("NotReadable", ({ detail }) => {
      findings.report(place, (at) => new InvalidPath({ ...at, written, detail }))
      return Effect.succeed(null)
    }),
  )
})

const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
const hostPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-f:.]+\\])(?::(\\d{1,5}))?$`)

const checkHost = (findings: Findings, place: Place): string | null => {
  const written = findings.text(place)
  if (written === null) return null
  const host = written.toLowerCase()
  const match = hostPattern.exec(host)
  const port = Number(match?.[1] ?? 1)
  if (match !== null && host.length <= 255 && port >= 1 && port <= 65_535) return host
  findings.field(place, 'must be one host, such as "api.example.com" or "localhost:8080", without a scheme or path')
  return null
}
