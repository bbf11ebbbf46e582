import { NotConnected } from "../../services/domain/AuthError.ts"
import type { Stored } from "./tokenFile.ts"

/** The provider took back what it had handed out. */
export const notConnected = (connector: string, { refused }: Stored) => {
  const said = refused === undefined ? null : (refused.description ?? refused.error)
  return new NotConnected({ connector, why: said === null ? null : `the provider took the sign-in back: ${said}` })
}

/** Nothing is left to get a new access token with. */
export const expired = (connector: string) =>
  new NotConnected({ connector, why: "its access token has expired, and the provider gave no refresh token" })
