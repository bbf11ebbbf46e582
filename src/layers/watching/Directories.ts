import { type FSWatcher, statSync, watch } from "node:fs"
import { type Listing, changedNames, listingOf } from "./listing.ts"

interface Watched {
  readonly identity: string
  /** Null for one that is polled. */
  readonly watcher: FSWatcher | null
  listing: Listing
}

/** Milliseconds between two looks at what the system tells nothing of. */
const pollingEvery = 1_000

interface Options {
  /** Null where the system doesn't name the entry. */
  readonly onChange: (directory: string, name: string | null) => void
  /** Whether it is worth looking at. */
  readonly concerns: (directory: string, name: string) => boolean
  /** Trusts no events. */
  readonly polls: boolean
}

/** Notices what happens in a set of directories: by the system's events, or else by looking each second. */
export class Directories {
  readonly #watched = new Map<string, Watched>()
  readonly #options: Options
  readonly #timer: NodeJS.Timeout
  #isSet = false

  constructor(options: Options) {
    this.#options = options
    this.#timer = setInterval(() => this.#poll(), pollingEvery).unref()
  }

  /**
   * Those that are not there are left out; one that was replaced by another of its name is watched anew. What is in one
   * that came later was put there before anybody looked, and is told as well.
   */
  set(directories: ReadonlySet<string>): void {
    const isFirst = !this.#isSet
    this.#isSet = true
    for (const [directory, { identity }] of this.#watched) {
      if (!directories.has(directory) || identityOf(directory) !== identity) this.#drop(directory)
    }
    for (const directory of directories) {
      if (this.#watched.has(directory)) continue
      const identity = identityOf(directory)
      if (identity === null) continue
      this.#add(directory, identity, this.#options.polls ? null : this.#events(directory))
      if (!isFirst) for (const name of this.#list(directory).keys()) this.#options.onChange(directory, name)
    }
  }

  close(): void {
    clearInterval(this.#timer)
    for (const directory of this.#watched.keys()) this.#drop(directory)
  }

  #add(directory: string, identity: string, watcher: FSWatcher | null): void {
    this.#watched.set(directory, { identity, watcher, listing: watcher === null ? this.#list(directory) : new Map() })
  }

  #drop(directory: string): void {
    this.#watched.get(directory)?.watcher?.close()
    this.#watched.delete(directory)
  }

  /** Null when the system has no more to give, or never had. */
  #events(directory: string): FSWatcher | null {
    try {
      const watcher = watch(directory, { persistent: false }, (_type, name) => this.#options.onChange(directory, name))
      watcher.on("error", () => {
        if (this.#watched.get(directory)?.watcher !== watcher) return
        this.#drop(directory)
        const identity = identityOf(directory)
        if (identity !== null) this.#add(directory, identity, null)
        this.#options.onChange(directory, null)
      })
      return watcher
    } catch {
      return null
    }
  }

  #poll(): void {
    for (const [directory, watched] of this.#watched) {
      if (watched.watcher !== null) continue
      const now = this.#list(directory)
      for (const name of changedNames(watched.listing, now)) this.#options.onChange(directory, name)
      watched.listing = now
    }
  }

  #list(directory: string): Listing {
    return listingOf(directory, (name) => this.#options.concerns(directory, name))
  }
}

/** The number of one that is gone is soon given out again, so when it was made counts too. */
const identityOf = (directory: string): string | null => {
  try {
    const stat = statSync(directory, { throwIfNoEntry: false })
    return stat === undefined ? null : `${stat.ino}:${stat.birthtimeMs}`
  } catch {
    return null
  }
}
