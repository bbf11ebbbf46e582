import { TokenMissing, TokenUnusable } from "../../../src/programs/dashboard/access.ts"
import { AlreadyServing } from "../../../src/programs/dashboard/instance.ts"
import { CannotListen, PortBusy } from "../../../src/programs/dashboard/listening.ts"
import { BadCursor } from "../../../src/programs/dashboard/paging.ts"
import {
  BadRequest,
  BodyTooLarge,
  ForeignHost,
  ForeignSite,
  NoSuchPath,
  NotJson,
  TooManyStreams,
  Unauthorized,
} from "../../../src/programs/dashboard/problems.ts"
import { TelemetryUnusable } from "../../../src/programs/dashboard/telemetry.ts"
import { TooManySessions } from "../../../src/programs/mcp/Sessions.ts"
import { UnknownResource } from "../../../src/programs/mcp/resources.ts"
import { ToolInputInvalid } from "../../../src/programs/mcp/tool.ts"
import { Stopping } from "../../../src/programs/StartedSyncs.ts"
import type { ErrorChapter } from "./chapter.ts"

const origin = "http://127.0.0.1:4321"

export const serving: ErrorChapter = {
  title: "The server",
  where: "`serve` when it starts; then the HTTP API, the dashboard and MCP.",
  examples: [
    [
      new PortBusy({ host: "127.0.0.1", port: 4321 }),
      "Another program listens at the port. Another one is never taken, because providers know us by it.",
    ],
    [new CannotListen({ host: "127.0.0.1", port: 80, code: "EACCES" }), "The system doesn't let us listen there."],
    [new AlreadyServing({ origin, pid: 4711 }), "One process serves a project, and there is one."],
    [
      new TokenMissing({ host: "0.0.0.0" }),
      "`--host` names an address that other machines reach, and there is no token.",
    ],
    [
      new TokenUnusable({ from: "token", detail: "it has less than 16 characters" }),
      "The file of `--token-file`, or OPENISLANDS_TOKEN, holds no token that can be used.",
    ],
    [
      new TelemetryUnusable({ variable: "OTEL_EXPORTER_OTLP_ENDPOINT", expected: "a valid URL string" }),
      "One of the variables that say where telemetry goes has a value that makes no sense.",
    ],
    [new Unauthorized(), "The token is missing or wrong."],
    [
      new ForeignHost({ host: "evil.example", origin }),
      "The request came under a host name that isn't ours. It may belong to anybody: a page of theirs could then read what is here.",
    ],
    [new ForeignSite({ site: "https://evil.example" }), "A page of another site made the browser send the request."],
    [
      new BadRequest({ part: "query", detail: '"limit" has to be an integer from 1 to 1000' }),
      "A parameter or the body cannot be understood.",
    ],
    [new BadCursor({ cursor: "x" }), "The cursor of a page leads nowhere."],
    [new NoSuchPath({ method: "GET", path: "/api/things" }), "There is nothing at this path."],
    [new NotJson(), "The body of a request isn't declared as JSON."],
    [new BodyTooLarge({ bytes: 1_000_000 }), "The body of a request is too large."],
    [new TooManyStreams({ most: 100 }), "Too many clients listen to events."],
    [new Stopping(), "The server was told to stop, and starts nothing new."],
    [
      new ToolInputInvalid({ tool: "run_sync", detail: 'there is no "nam" (did you mean "name"?); "name" is missing' }),
      "An agent called a tool with an input that doesn't fit its schema.",
    ],
    [new UnknownResource({ uri: "openislands://nothing" }), "An agent asked for a resource that isn't there."],
    [new TooManySessions({ most: 64 }), "Too many agents are connected over HTTP, and all of them are busy."],
  ],
}
