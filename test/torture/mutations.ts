import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { copyTo, judge, type Verdict } from "./mutantRun.ts"
import { type Mutant, mutantsOf } from "./mutants.ts"

/**
 * `node test/torture/mutations.ts [part of a place or of what is left out]...`: leaves out one step of the store at a time
 * (a flush, a rename, a check, an order) and tells which test notices. Fails if none does. `WORKERS` says how many at once.
 */
const print = (text: string): void => void process.stdout.write(`${text}\n`)
const root = path.join(import.meta.dirname, "..", "..")
const wanted = process.argv.slice(2)
const mutants = mutantsOf(root).filter(
  ({ place, removed }) => wanted.length === 0 || wanted.some((one) => `${place} ${removed}`.includes(one)),
)
const workers = Math.min(mutants.length, Number(process.env["WORKERS"] ?? 2))

const rowOf = ({ place, removed }: Mutant, verdict: Verdict, seconds: number): string => {
  const end =
    verdict.fate === "survived"
      ? "SURVIVED"
      : `${verdict.test} | ${verdict.by === "all" ? "every point" : `points x${verdict.by}`} | ${verdict.failure}`
  return `| ${place} | ${removed} | ${end} | ${seconds} s`
}

const directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), "openislands-mutants-")))
const queue = [...mutants]
const survivors: Array<Mutant> = []
const counts: Record<string, number> = {}

const worker = async (number: number): Promise<void> => {
  const copy = path.join(directory, String(number))
  copyTo(root, copy)
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    if (mutant.excuse !== null) {
      counts["excused"] = (counts["excused"] ?? 0) + 1
      print(`| ${mutant.place} | ${mutant.removed} | EXCUSED: ${mutant.excuse} |`)
      continue
    }
    const begun = Date.now()
    const verdict = await judge(copy, mutant)
    if (verdict.fate === "survived") survivors.push(mutant)
    const fate =
      verdict.fate === "survived" ? "survived" : verdict.by === 1 ? "noticed by the suite" : "noticed with more points"
    counts[fate] = (counts[fate] ?? 0) + 1
    print(rowOf(mutant, verdict, Math.round((Date.now() - begun) / 1000)))
  }
}

try {
  print(`${mutants.length} mutants`)
  await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)))
  print(`${mutants.length} mutants: ${JSON.stringify(counts)}`)
  for (const { place, removed } of survivors) print(`SURVIVED ${place}: ${removed}`)
} finally {
  fs.rmSync(directory, { recursive: true, force: true })
}
process.exit(survivors.length === 0 ? 0 : 1)
