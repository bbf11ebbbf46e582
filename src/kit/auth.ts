/** A static token, or a sign-in that the runtime owns. */
export type Auth = OAuth2Auth | ClientCredentialsAuth | BearerAuth

/** The runtime owns the sign-in, keeps the tokens and refreshes an access token that is about to expire. */
export interface OAuth2Auth {
  type: "oauth2"
  data: OAuth2Client & {
    /** Where the provider asks the user for consent; not needed with an `issuer`. */
    authorizeUrl?: string
    /** Where tokens are revoked when the user disconnects (RFC 7009). */
    revocationUrl?: string
    /** The `.env` key that holds the client secret; leave it out for a public client. */
    clientSecretEnv?: string
    /** More parameters of the consent page, such as `{ access_type: "offline", prompt: "consent" }`. */
    authorizeParams?: Readonly<Record<string, string>>
    /** `false` for the rare provider that refuses PKCE. */
    pkce?: boolean
  } & Endpoints<"authorizeUrl" | "tokenUrl">
}

/** Tokens for the client itself: nobody has to sign in. */
export interface ClientCredentialsAuth {
  type: "oauth2-client-credentials"
  data: OAuth2Client & {
    /** The `.env` key that holds the client secret. */
    clientSecretEnv: string
  } & Endpoints<"tokenUrl">
}

/** Either the endpoints, or where the provider publishes them. */
type Endpoints<Name extends string> =
  | { readonly [N in Name]: string }
  | {
      /** `<issuer>/.well-known/...` says where the endpoints are; those given count more. */
      issuer: string
    }

interface OAuth2Client {
  issuer?: string
  /** Where the provider hands out and refreshes tokens; not needed with an `issuer`. */
  tokenUrl?: string
  scopes: ReadonlyArray<string>
  /** What stands between scopes, such as `","` for a provider that doesn't take the standard's space. */
  scopeSeparator?: string
  /** The `.env` key that holds the client id. */
  clientIdEnv: string
  /** How the client says who it is at the token endpoint; the runtime finds out by itself. */
  tokenEndpointAuthMethod?: "client_secret_basic" | "client_secret_post" | "none"
  /** More parameters of every request to the token endpoint, such as `{ audience: "..." }`. */
  tokenParams?: Readonly<Record<string, string>>
}

/** A static, long-lived API token or JWT from `.env`. */
export interface BearerAuth {
  type: "bearer"
  data: {
    /** The `.env` key that holds the token. */
    tokenEnv: string
  }
}

export interface OAuth2Tokens {
  /** Valid when the sync begins: the runtime refreshed it if it was about to expire. */
  readonly accessToken: string
  readonly refreshToken?: string
  /** Epoch milliseconds; absent if the provider didn't say. */
  readonly expiresAt?: number
}

export interface BearerTokens {
  /** The token from `.env`. */
  readonly accessToken: string
}
