import type { Disk } from "./Disk.ts"

/** Files of which something is known. */
const most = 200

/** What was found out by reading files whole, for as long as the process lives: those of each disk by themselves. */
export class Known<A> {
  readonly #disks = new WeakMap<Disk["Service"], Files<A>>()

  on(disk: Disk["Service"]): Pick<Map<string, A>, "get" | "set"> {
    const files = this.#disks.get(disk) ?? new Files<A>()
    this.#disks.set(disk, files)
    return files
  }
}

/** Forgets the one that was told first when there are too many. */
class Files<A> extends Map<string, A> {
  override set(file: string, value: A): this {
    super.delete(file)
    super.set(file, value)
    const [oldest] = this.keys()
    if (this.size > most && oldest !== undefined) this.delete(oldest)
    return this
  }
}
