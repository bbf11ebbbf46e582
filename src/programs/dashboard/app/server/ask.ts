import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"

/** The server's own words on why not. */
export class Refused extends Error {
  readonly document: ErrorDocument

  constructor(document: ErrorDocument) {
    super(document.message)
    this.document = document
  }
}

const unreachable: ErrorDocument = {
  _tag: "Unreachable",
  message: "the server does not answer",
  suggestion: 'See whether "openislands serve" still runs.',
}

/** The text of an answer; whatever else there is, is a `Refused`. */
export const askText = async (path: string, init?: RequestInit): Promise<string> => {
  const response = await fetch(path, init).catch(() => {
    throw new Refused(unreachable)
  })
  const text = await response.text().catch(() => {
    throw new Refused(unreachable)
  })
  if (response.status === 401) location.assign("/login")
  if (!response.ok) throw new Refused(documentIn(text, response.status))
  return text
}

export const post = async <A>(path: string, body?: object): Promise<A> => {
  const sent = body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
  return read<A>(await askText(path, { method: "POST", ...sent }))
}

/** JSON in which long integers keep all their digits. */
export const read = <A>(text: string): A => {
  try {
    return (/\d{16}/.test(text) ? JSON.parse(text, exactly) : JSON.parse(text)) as A
  } catch {
    throw new Refused({ ...unreachable, message: "something else answers in the place of the server" })
  }
}

const exactly = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
    ? BigInt(context!.source!)
    : value

const documentIn = (text: string, status: number): ErrorDocument => {
  try {
    const { error } = JSON.parse(text) as { readonly error: ErrorDocument }
    if (typeof error.message === "string") return error
  } catch {
    // No document of ours, like the one below.
  }
  // Something between us and the server has answered.
  return { ...unreachable, message: `the server answered with status ${status}` }
}

export const documentOf = (error: unknown): ErrorDocument =>
  error instanceof Refused ? error.document : { _tag: "Unexpected", message: String(error), suggestion: null }

export const segments = (...parts: ReadonlyArray<string>): string => parts.map(encodeURIComponent).join("/")
