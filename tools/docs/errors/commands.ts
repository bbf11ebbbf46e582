import { AlreadyThere } from "../../../src/programs/cli/scaffold/free.ts"
import { EnvNotIgnored } from "../../../src/programs/cli/scaffold/gitignore.ts"
import { CommonJsPackage } from "../../../src/programs/cli/scaffold/packageType.ts"
import { ExampleUnreadable } from "../../../src/programs/cli/scaffold/exampleFiles.ts"
import { McpConfigKept, McpConfigNotIgnored } from "../../../src/programs/cli/scaffold/mcpConfig.ts"
import { BadConnectorName, NewFailed } from "../../../src/programs/cli/scaffold/newConnector.ts"
import { OutputFailed } from "../../../src/programs/cli/output.ts"
import { ScaffoldError } from "../../../src/programs/cli/scaffold/scaffold.ts"
import { AuthorTypesFailed } from "../../../src/layers/AuthorTypes.ts"
import { ManifestSchemaFailed } from "../../../src/layers/ManifestSchema.ts"
import { ProjectNotFound, ProjectUnwritable } from "../../../src/services/Project.ts"
import type { ErrorChapter } from "./chapter.ts"

export const commands: ErrorChapter = {
  title: "Projects and their files",
  where: "`init`, `new`, and each command that opens a project.",
  examples: [
    [
      new ProjectNotFound({ directory: "/home/ada/data", why: "there is no such directory" }),
      "The directory that a command was given is none, or cannot be entered.",
    ],
    [
      new ProjectUnwritable({ path: ".openislands", code: "EACCES" }),
      "The runtime's own directory, or a file in it, cannot be written.",
    ],
    [
      new ScaffoldError({ path: "connectors", why: "not-a-directory", code: "EEXIST" }),
      "`init` cannot make one of its files or directories.",
    ],
    [
      new EnvNotIgnored({ file: ".gitignore" }),
      "A warning of `init`: your own `.gitignore` would let the secrets be committed.",
    ],
    [
      new CommonJsPackage({ file: "package.json" }),
      "A warning of `init`: your own `package.json`, as `npm init` writes it, keeps tests of connectors from running.",
    ],
    [
      new McpConfigKept({
        file: ".mcp.json",
        detail: "it is no JSON object",
        server: { command: "npx", args: ["--no", "openislands", "mcp"] },
      }),
      "A warning of `init`: your own `.mcp.json` has no place for our server, and is left alone.",
    ],
    [
      new McpConfigNotIgnored({ file: ".mcp.json" }),
      "A warning of `init`: your own `.gitignore` would let paths of this machine be committed, which lead nowhere on another.",
    ],
    [
      new ExampleUnreadable({
        example: "quickstart",
        directory: "/opt/openislands/examples/quickstart",
        code: "ENOENT",
      }),
      "`init --example`: the installation lacks a part of its own.",
    ],
    [
      new OutputFailed({ code: "ENOSPC" }),
      "Any command whose stdout goes to a file on a disk that is full. On stderr as text, also with `--json`.",
    ],
    [new BadConnectorName({ name: "my bank" }), "`new` was given a name that no connector can have."],
    [
      new AlreadyThere({ what: "connector", name: "people", path: "connectors/people" }),
      "`new` would have to overwrite something.",
    ],
    [
      new AlreadyThere({ what: "project", name: "data", path: "/home/ada/data" }),
      "`init --example` copies into a directory that is no project yet.",
    ],
    [
      new NewFailed({ path: "connectors/people/index.ts", code: "ENOSPC", left: [] }),
      "`new` couldn't write a file, and took back those that it had written.",
    ],
    [
      new AuthorTypesFailed({ path: ".openislands/types", code: "EACCES" }),
      "A warning: the types that editors check connectors with cannot be kept.",
    ],
    [
      new ManifestSchemaFailed({ path: ".openislands/manifest.schema.json", code: "EACCES" }),
      "A warning: the schema by which editors complete `manifest.json` cannot be kept.",
    ],
  ],
}
