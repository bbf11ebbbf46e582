import type { SyncFailed } from "./protocol.ts"

/** What is known of why a connector threw, beside its own words. */
export type Grounds = Pick<Extract<SyncFailed, { why: "threw" }>, "refused" | "providerStatus">

export const noGrounds: Grounds = { refused: null, providerStatus: null }

/** Causes of causes that are looked at. */
const deepest = 8
/** Characters: a longer path or host is nobody's. */
const longest = 4_096

/** A permission that was refused, or the status of an answer: on the error, or on what caused it. */
export const groundsOf = (thrown: unknown): Grounds => {
  try {
    return look(thrown, 0)
  } catch {
    // Its own getters throw.
    return noGrounds
  }
}

const look = (thrown: unknown, depth: number): Grounds => {
  if (typeof thrown !== "object" || thrown === null || depth > deepest) return noGrounds
  const { code, permission, resource, status, errors, cause } = thrown as {
    readonly [field in "code" | "permission" | "resource" | "status" | "errors" | "cause"]?: unknown
  }
  if (code === "ERR_ACCESS_DENIED") {
    const key = permission === "Net" ? "net" : permission === "FileSystemRead" ? "read" : null
    const isNamed = typeof resource === "string" && resource !== "" && resource.length <= longest
    if (key !== null && isNamed) return { ...noGrounds, refused: { permission: key, value: resource } }
  }
  if (Number.isInteger(status) && (status as number) >= 200 && (status as number) < 600) {
    return { ...noGrounds, providerStatus: status as number }
  }
  const inner = look(cause, depth + 1)
  return inner.refused !== null || inner.providerStatus !== null || !Array.isArray(errors)
    ? inner
    : look(errors[0], depth + 1)
}
