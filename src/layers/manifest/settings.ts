import { ByteSize, Option } from "effect"
import type { Manifest } from "../../services/domain/Manifest.ts"
import type { Place } from "./document.ts"
import { type Findings, written } from "./findings.ts"

const defaults = { checkpoints: 100, bytes: 2 ** 30 }

export const checkHistory = (findings: Findings, place: Place | undefined): Manifest["history"] => {
  const fields = place && findings.fields(place, ["checkpoints", "bytes"])
  const checkpoints = fields?.get("checkpoints")
  const bytes = fields?.get("bytes")
  return {
    checkpoints: checkpoints === undefined ? defaults.checkpoints : checkCount(findings, checkpoints),
    bytes: bytes === undefined ? defaults.bytes : checkBytes(findings, bytes),
  }
}

const checkCount = (findings: Findings, place: Place): number => {
  const value: unknown = place.node.value
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number
  findings.field(place, `must be a whole number of at least 1, not ${written(place)}`)
  return defaults.checkpoints
}

const checkBytes = (findings: Findings, place: Place): number => {
  const value: unknown = place.node.value
  const bytes = typeof value === "string" ? Option.getOrNull(ByteSize.fromString(value)) : value
  const count = typeof bytes === "bigint" ? Number(bytes) : bytes
  if (Number.isSafeInteger(count) && (count as number) >= 1) return count as number
  findings.field(place, `must be a size such as "1GiB" or "500MB", or a number of bytes, not ${written(place)}`)
  return defaults.bytes
}

export const checkServe = (findings: Findings, place: Place | undefined): Manifest["serve"] => {
  const origin = place && findings.fields(place, ["origin"])?.get("origin")
  return { origin: origin === undefined ? null : checkOrigin(findings, origin) }
}

const checkOrigin = (findings: Findings, place: Place): string | null => {
  const value: unknown = place.node.value
  const url = typeof value === "string" ? URL.parse(value) : null
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (isOrigin) return url.origin
  findings.field(place, `must be an origin such as "https://islands.example.com", not ${written(place)}`)
  return null
}
