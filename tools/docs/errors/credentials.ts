import { EnvUnreadable, MissingSecrets } from "../../../src/services/TokenService.ts"
import {
  NoSignIn,
  NotConnected,
  ProviderRefused,
  ProviderUnusable,
  SignInInvalid,
  TokensUnreadable,
  TokensUnwritable,
} from "../../../src/services/domain/AuthError.ts"
import { KeyMissing, KeyUnusable, KeyWrong } from "../../../src/services/domain/KeyError.ts"
import { StartedElsewhere } from "../../../src/programs/dashboard/problems.ts"
import type { ErrorChapter } from "./chapter.ts"

const connector = "whoop"
const file = ".openislands/connectors/whoop.json"

export const credentials: ErrorChapter = {
  title: "Credentials",
  where: "`sync`, `preview`, `status` and `tokens`; the dashboard, when a human signs in.",
  examples: [
    [
      new MissingSecrets({ connector, missing: ["WHOOP_CLIENT_ID", "WHOOP_CLIENT_SECRET"] }),
      "Keys that the connector declares are not in `.env`, or are empty. The connector was not started; its run is recorded as a failed one.",
    ],
    [new EnvUnreadable({ file: ".env", detail: "EACCES" }), "`.env` is there and cannot be read."],
    [
      new NotConnected({ connector, why: null }),
      "Nobody has signed in yet; or the provider has taken the sign-in back, and `why` says so.",
    ],
    [new NoSignIn({ connector: "people" }), "Connect makes no sense for a connector without OAuth2."],
    [
      new ProviderRefused({ connector, asked: "tokens", error: "invalid_client", description: null }),
      "The provider answered with an error of its own.",
    ],
    [
      new ProviderUnusable({
        connector,
        endpoint: "https://api.example.com/oauth/token",
        detail: "answered 503",
        transient: true,
      }),
      "An OAuth2 endpoint couldn't be reached, or what it answered is no answer to the question.",
    ],
    [
      new SignInInvalid({ connector, why: "expired" }),
      "The provider sent the browser back to a sign-in that is not under way: too late, used already, or begun in another browser or at another address.",
    ],
    [
      new StartedElsewhere({ connector, origin: "http://127.0.0.1:4321" }),
      "Connect was clicked at another address than the one that the provider will send the browser back to.",
    ],
    [
      new TokensUnreadable({ connector, file, detail: "it is not valid JSON" }),
      "The file with the tokens cannot be read. It is never taken for absent.",
    ],
    [new TokensUnwritable({ connector, file, code: "ENOSPC" }), "New tokens couldn't be kept, so they were not used."],
    [
      new KeyMissing({ connector, file, keyId: "4dfbbb4a5070" }),
      "The tokens are encrypted, and this process was given no key.",
    ],
    [
      new KeyWrong({ connector, file, keyId: "4dfbbb4a5070", given: ["40f69ef9cf9b"] }),
      "The tokens are encrypted with another key than the one that this process has.",
    ],
    [
      new KeyUnusable({ from: "OPENISLANDS_KEY", why: "form", code: null }),
      "What was given as a key is none, cannot be read, lies in the project, or was given twice.",
    ],
  ],
}
