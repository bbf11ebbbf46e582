import { isKeyError } from "./KeyError.ts"

/** Of an error or its document: a run didn't begin, since a human has to see to secrets, tokens or their key first. */
export const lackedCredentials = (error: unknown): boolean =>
  isKeyError(error) ||
  ["MissingSecrets", "NotConnected"].includes((error as { readonly _tag?: string } | null)?._tag ?? "")
