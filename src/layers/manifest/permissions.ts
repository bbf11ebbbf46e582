import { Effect } from "effect"
import { isIP } from "node:net"
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
const hostPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\*\\.${label}(?:\\.${label})+|\\[[0-9a-f:.]+\\])$`)

/** As a request's URL has it, so that the guest only has to compare: `BÜCHER.example.` is `xn--bcher-kva.example`. */
const checkHost = (findings: Findings, place: Place): string | null => {
  const written = findings.text(place)
  if (written === null) return null
  const [, text = "", digits] = /^([^\s/?#@\\%]+?)\.?(?::(\d{1,5}))?$/.exec(written) ?? []
  const wildcard = text.startsWith("*.") ? "*." : ""
  const url = URL.parse(`http://${text.slice(wildcard.length)}`)
  const host = wildcard + (url?.port === "" ? url.hostname : "")
  const port = Number(digits ?? 1)
  // A wildcard for numbers would be one for names that end in them.
  const isHost = hostPattern.test(host) && !(wildcard !== "" && isIP(host.slice(2)) !== 0)
  if (isHost && host.length <= 255 && port >= 1 && port <= 65_535)
    return digits === undefined ? host : `${host}:${port}`
  findings.field(
    place,
    'must be a host, such as "api.example.com", "*.example.com" or "localhost:8080", without a scheme or path',
  )
  return null
}
