/** Where a connector's sign-in is: it begins and ends there. */
export const signInPath = (connector: string): string => `/api/connectors/${encodeURIComponent(connector)}/auth`

/** What has to be registered with the provider. */
export const redirectUriOf = (origin: string, connector: string): string => `${origin}${signInPath(connector)}/callback`
