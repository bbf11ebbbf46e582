import type { ClientAuth } from "oauth4webapi"

/**
 * `client_secret_basic` of RFC 6749, 2.3.1: id and secret are form-encoded before they are joined. The library's own
 * also escapes what needs none, and a provider that compares without decoding then knows no id with a hyphen, such as a
 * UUID. So letters, digits and `-._~*` stay as they are here, which both kinds of provider take.
 */
export const basicAuth =
  (secret: string): ClientAuth =>
  (_server, client, _body, headers) =>
    headers.set("authorization", `Basic ${btoa(`${formEncoded(client.client_id)}:${formEncoded(secret)}`)}`)

const formEncoded = (text: string): string =>
  // The web's form encoding escapes one of the unreserved characters of URLs, and no other.
  new URLSearchParams({ "": text }).toString().slice(1).replaceAll("%7E", "~")
