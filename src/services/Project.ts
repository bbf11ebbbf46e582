import { Context, type Effect, Schema } from "effect"

/**
 * Owns where a project is and what lies where in it. It needs no manifest: a broken one must not block an undo.
 * Nothing outside the root, and nothing of ours (`.openislands`) or secret (`.env*`), is ever handed out by `confine`.
 */
export class Project extends Context.Service<
  Project,
  {
    /** The real path of the directory that holds `manifest.json`. */
    readonly root: string
    readonly layout: Layout
    /** Resolves a path written in the manifest, symlinks followed; what it leads to need not exist. */
    readonly confine: (written: string) => Effect.Effect<string, PathEscapes>
    /** Creates `.openislands` (0700, with its own .gitignore) and the directory in it, named as in `layout` or by its path from there. */
    readonly ensure: (directory: string) => Effect.Effect<string, ProjectUnwritable>
  }
>()("openislands/services/Project") {}

/** Absolute paths. */
export interface Layout {
  readonly manifest: string
  readonly env: string
  readonly home: string
  readonly tokens: string
  readonly state: string
  readonly contracts: string
  readonly history: string
  readonly journal: string
  readonly runs: string
  readonly cache: string
  readonly locks: string
}

export class PathEscapes extends Schema.TaggedError<PathEscapes>()("PathEscapes", {
  written: Schema.String,
  leadsTo: Schema.String,
  why: Schema.Literals(["outside", "private", "unreadable", "malformed", "tooLong"]),
}) {
  override get message() {
    const written = JSON.stringify(this.written)
    if (this.why === "tooLong")
      return `${written.slice(0, 60)}... is longer than file systems take; a name may have 255 bytes`
    if (this.why === "malformed") return `${written} is not a path that every system reads alike`
    const place = {
      outside: "outside the project",
      private: "into what belongs to the runtime (.openislands) or holds secrets (.env)",
      unreadable: "to a place that cannot be looked at",
    }
    return `${written} leads ${place[this.why]}: ${this.leadsTo}`
  }
  get suggestion() {
    return "Use a short path inside the project directory, written with forward slashes, for example data/rows.csv."
  }
}

export class ProjectNotFound extends Schema.TaggedError<ProjectNotFound>()("ProjectNotFound", {
  directory: Schema.String,
  why: Schema.String,
}) {
  override get message() {
    return `${this.directory} is not a project: ${this.why}`
  }
  get suggestion() {
    return 'To make it one, run "openislands init"; or name another one with --project.'
  }
}

export class ProjectUnwritable extends Schema.TaggedError<ProjectUnwritable>()("ProjectUnwritable", {
  path: Schema.String,
  code: Schema.String,
}) {
  override get message() {
    return `cannot write ${this.path} (${this.code})`
  }
  get suggestion() {
    return "Check the permissions and the free space of the project directory, then try again."
  }
}
