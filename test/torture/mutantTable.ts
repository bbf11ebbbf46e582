import {
  abroad,
  appends,
  arrays,
  type Course,
  cuts,
  nested,
  nothing,
  plainly,
  pruning,
  readers,
  recovery,
  swaps,
  tables,
} from "./courses.ts"

interface Entry {
  /** What is left out. */
  readonly what: string
  /** What stands there wherever it does, and what takes its place. */
  readonly edits: ReadonlyArray<readonly [from: string, to: string]>
  readonly courses?: ReadonlyArray<Course>
}

const entry = (what: string, from: string, to: string, courses?: ReadonlyArray<Course>): Entry => ({
  what,
  edits: [[from, to]],
  ...(courses === undefined ? {} : { courses }),
})

const writesPlan = `  yield* disk.write(path.join(journal, "plan.tmp"), Buffer.from(encodePlan(plan)))
  yield* disk.fsync(path.join(journal, "plan.tmp"))
  // The plan names what recovery has to remove, so it comes before anything that would be left over.
  yield* disk.rename(path.join(journal, "plan.tmp"), path.join(journal, planFile))
  yield* disk.fsyncDirectory(journal)
  yield* disk.fsyncDirectory(parentOf(journal))
`
const flushesKept = "  for (const directory of directories) yield* disk.fsyncDirectory(directory)\n"
const writesJournal = "    yield* writeJournal(home, journal, plan, keeping)\n"
const applies = "    for (const step of plan.steps) yield* applyStep(home, step, plan.id)\n"
const writesStamps = "    const after = yield* writeStamps(home, journal, plan, before)\n"
const decides = "    yield* decide\n"
const cutsFiles = `  for (const [index, step] of plan.steps.entries()) {
    const before = stamps[step.path]?.before ?? null
    if (step.op === "truncate") yield* finishStep(home, step, before, behindIn(journal, index))
  }
`
const revertsSteps =
  "  for (const [index, step] of plan.steps.entries()) yield* revertStep(home, step, plan.id, behindIn(journal, index))\n"
const publishes = "  yield* disk.fsyncDirectory(history)\n  // From here on"

/** What keeps a transaction whole besides single calls of the disk: orders, checks, decisions. By file of the store. */
export const table: Readonly<Record<string, ReadonlyArray<Entry>>> = {
  "journal.ts": [
    entry("what it builds on is durable", "    yield* settleGround(home)\n", ""),
    entry("the plan has another name until it is whole", `"plan.tmp"`, "planFile"),
    entry("the stamps have another name until they are whole", `"stamps.tmp"`, "stampsFile", [...cuts, ...appends]),
    entry("texts are written beforehand", "of keeping.texts)", "of keeping.texts.slice(0, 0))"),
    entry("copies are made beforehand", "of keeping.copies)", "of keeping.copies.slice(0, 0))", cuts),
    entry("staged rows become part of the journal", "of keeping.moves)", "of keeping.moves.slice(0, 0))"),
    entry("old files are kept beforehand", "of keeping.links)", "of keeping.links.slice(0, 0))", swaps),
    {
      what: "the plan comes before what it names",
      edits: [
        [writesPlan, ""],
        [flushesKept, flushesKept + writesPlan],
      ],
      courses: [...cuts, ...swaps, ...appends],
    },
    {
      what: "the journal comes before the changes",
      edits: [
        [writesJournal, ""],
        [applies, applies + writesJournal],
      ],
    },
    entry("nobody wrote to what is replaced", "of keeping.unchanged)", 'of [] as NonNullable<Keeping["unchanged"]>)', [
      plainly("meddling"),
      plainly("transactions"),
      plainly("concurrency"),
    ]),
    entry("what was not begun is not taken back", "begun ? plan : { ...plan, steps: [] }", "plan", [
      plainly("meddling"),
      plainly("transactions"),
      plainly("concurrency"),
      ...swaps,
    ]),
    entry(
      "a failure is taken back",
      "attempt.pipe(Effect.onError(() => Effect.ignore(takeBack)))",
      "attempt.pipe(Effect.onError(() => Effect.void))",
    ),
    entry(
      "a failure of the commit is taken back",
      "(cuts(plan) ? Effect.void : undoJournal(home, journal, plan).pipe(Effect.ignore))",
      "Effect.void",
    ),
    entry(
      "what is decided by its stamps only goes on",
      "(cuts(plan) ? Effect.void : undoJournal(home, journal, plan).pipe(Effect.ignore))",
      "undoJournal(home, journal, plan).pipe(Effect.ignore)",
      cuts,
    ),
    entry(
      "what a database may have decided is asked first",
      "deciding && (yield* isDecided(home, journal, plan))",
      "false",
      [plainly("database", "lastStep"), ...tables],
    ),
    entry(
      "what a database has decided only goes on",
      "if (cuts(plan) || databaseOf(plan) === null) {",
      "if (true) {",
      tables,
    ),
    {
      what: "the stamps come before the database's commit",
      edits: [
        [writesStamps, ""],
        [decides, decides + writesStamps],
      ],
      courses: tables,
    },
    {
      what: "all else comes before the database's commit",
      edits: [
        [decides, ""],
        [applies, decides + applies],
      ],
      courses: tables,
    },
    entry("the database is committed", decides, "", tables),
    entry(
      "recovery asks the database",
      "  if (database !== null) return (yield* lastCommitted(path.resolve(home, database))) === plan.id\n",
      "",
      tables,
    ),
    entry("recovery asks the database for this very transaction", " === plan.id\n", " !== null\n", tables),
    entry(
      "recovery asks the stamps",
      "return cuts(plan) && (yield* disk.stat(path.join(journal, stampsFile))) !== null",
      "return false",
      cuts,
    ),
    entry(
      "a cut is decided by its stamps first",
      "return cuts(plan) && (yield* disk.stat(path.join(journal, stampsFile))) !== null",
      "return cuts(plan)",
      cuts,
    ),
    entry(
      "the stamps of a cut tell what it leaves",
      `if (step.op === "truncate" && now)`,
      `if (step.op !== step.op && now)`,
      [plainly("untouched"), ...cuts],
    ),
    {
      what: "files are cut before they are said to be",
      edits: [
        [cutsFiles, ""],
        [publishes, publishes.replace("  // From", `${cutsFiles}  // From`)],
      ],
      courses: cuts,
    },
    {
      what: "the stamps come before the first cut",
      edits: [
        [
          writesStamps,
          "    const after = yield* stampsOf(home, plan)\n" +
            cutsFiles.replace("stamps[step.path]?.before", "before[step.path]") +
            writesStamps.replace("const after = ", ""),
        ],
      ],
      courses: cuts,
    },
    {
      what: "the journal goes only when all is taken back",
      edits: [
        [revertsSteps, ""],
        [
          "  yield* disk.removeTree(journal)\n  yield* disk.fsyncDirectory(parentOf(journal))\n",
          `  yield* disk.removeTree(journal)
${revertsSteps}  yield* disk.fsyncDirectory(parentOf(journal))
`,
        ],
      ],
    },
  ],
  "steps.ts": [
    entry("an append finds the length it was planned for", "now?.size !== step.at + tail.length", "now === undefined", [
      plainly("meddling"),
      plainly("transactions"),
      plainly("concurrency"),
    ]),
    entry(
      "what was written behind a cut that comes late stays",
      "before !== null && now.size > before.size",
      "before !== before && now.size > 0",
      [plainly("lateRecovery"), ...cuts],
    ),
    entry(
      "what somebody cut before a cut that comes late is left as it is",
      "now === null || (before !== null && now.size < before.size && now.size !== end)",
      "now === null",
      [plainly("lateRecovery"), ...cuts],
    ),
    entry("only our bytes are cut off", "if (!isAsBefore && !(yield* isOurs(home, step, ours))) return", "", [
      plainly("meddling"),
      plainly("transactions"),
      ...appends,
    ]),
    entry("bytes behind ours stay", "if (now.size > taking.from) return yield* takeOut(target, saved, taking)", "", [
      plainly("meddling"),
      plainly("transactions"),
    ]),
    entry("bytes that a power cut left as zeros are ours", "byte === 0 || ", "", [...appends, ...arrays, ...recovery]),
    entry("bytes of the tail that are still there are ours", " || byte === before[at]", "", [...arrays, ...recovery]),
    entry(
      "an append that is taken back gives the time stamp back",
      "step.at + tail.length, step.mtime)",
      "step.at + tail.length, null)",
      [plainly("untouched"), ...appends],
    ),
    entry(
      "a cut sets the time stamp that was foretold",
      "disk.truncate(file, end, step.mtime)",
      "disk.truncate(file, end, null)",
      [plainly("untouched"), ...cuts],
    ),
    entry("what was never swapped stays", "before.ino === now?.ino) return", "false) return", [
      plainly("untouched"),
      ...swaps,
      ...abroad,
    ]),
    entry(
      "what has been swapped back stays",
      "if (!cameHere && kept !== null && before !== null && hash === (yield* digestOfFile(kept, before))) return",
      "",
      [...abroad, ...swaps],
    ),
    entry("what came out of the history is not what was kept", "if (!cameHere && kept", "if (kept", swaps),
    entry("ours is known by its inode", " || cameHere", "", swaps),
    entry("ours is known by its bytes", "hash === step.hash || ", "", [...abroad, ...swaps]),
    entry("ours is known by what it was copied from", " || (yield* isCopyOf(home, step, hash))", "", abroad),
    entry(
      "what came out of the history goes back",
      "isCopyOf(home, step, hash))) yield* putBack(home, step, file)\n",
      "isCopyOf(home, step, hash))) yield* Effect.void\n",
      swaps,
    ),
    entry(
      "readers find a file while it goes back",
      "yield* disk.link(file, from).pipe(Effect.catch(() => disk.rename(file, from)))",
      "yield* disk.rename(file, from)",
      readers,
    ),
    entry(
      "a copy for another device is made beside its target",
      "copyInto(from, to, besideOf(to, id))",
      "copyInto(from, to, to)",
      abroad,
    ),
    entry("a copy has another name until it is whole", "part = partOf(to)", "part = to", abroad),
    entry(
      "onto another device a copy is made",
      `({ code }) => code === "EXDEV",\n      () => copyInto(from, to, b`,
      `({ code }) => code === "",\n      () => copyInto(from, to, b`,
      abroad,
    ),
  ],
  "draft.ts": [
    entry("what is replaced is held against its stamp", "      this.unchanged.push({ file, stamp })\n", "", [
      plainly("meddling"),
      plainly("transactions"),
      plainly("concurrency"),
    ]),
    entry(
      "appended rows become part of the journal",
      "      const as = `journal/${this.id}/rows-${this.units.length}`\n",
      "      const as = path.relative(this.home, staged.file)\n",
      appends,
    ),
    entry(
      "what is replaced is kept",
      "    if (kept !== null) this.links.push(",
      "    if (kept !== kept) this.links.push(",
      swaps,
    ),
    entry(
      "rows that are replaced are kept",
      "      if (slots.before !== null) yield* keep(slots.before, beforeSlot(this.id, index))\n",
      "",
      tables,
    ),
    entry("the keys of rows are kept", "      yield* keep(slots.keys, keysSlot(this.id, index))\n", "", tables),
  ],
  "database.ts": [
    entry(
      "the commit carries a marker",
      "      connection.prepare(`INSERT INTO ${marker} VALUES (?)`).run(id)\n",
      "",
      tables,
    ),
    entry("the marker is the last commit's alone", "; DELETE FROM ${marker}", "", tables),
    entry(
      "an error that comes after the commit is none",
      "last === id ? Effect.void : Effect.fail(error)",
      "Effect.fail(error)",
      [plainly("database")],
    ),
    entry("an error of the commit is told", "last === id ? Effect.void : Effect.fail(error)", "Effect.void", [
      plainly("database"),
    ]),
    entry("what is written is committed as one", 'connection.exec("BEGIN IMMEDIATE")', "connection.isOpen", tables),
    entry(
      "whoever fails rolls the database back",
      '        if (connection.isTransaction) connection.exec("ROLLBACK")\n',
      '        if (connection.isTransaction) connection.exec("COMMIT")\n',
      tables,
    ),
    entry(
      "the connection is closed before anybody looks at the file",
      "    if (connection.isOpen) connection.close()\n",
      "",
      [plainly("untouched"), ...tables],
    ),
    entry(
      "what leads to a new database is durable",
      "  if (fresh) yield* leadTo(home, file)\n",
      "  if (fresh) yield* disk.mkdir(parentOf(file), 0o777)\n",
      nested,
    ),
  ],
  "table/connect.ts": [
    entry("SQLite flushes what it commits, and the name of it", '    db.exec("PRAGMA synchronous=EXTRA")\n', "", [
      plainly("database", "table/connect"),
    ]),
  ],
  "retention.ts": [
    entry("the newest checkpoint always stays", "drop < sizes.length - 1 && ", "", [plainly("retention")]),
    entry("what a gap cuts off is forgotten", "return ids.slice(Math.max(gap, 0))", "return ids", pruning),
  ],
  "publishing.ts": [
    entry(
      "what is committed is committed, though nothing can be forgotten",
      "yield* Effect.ignore(prune(home, retention))",
      "yield* prune(home, retention)",
      pruning,
    ),
    entry(
      "what is committed is committed, though nothing can be remembered",
      "yield* Effect.ignore(rememberAll(draft, after))",
      "yield* rememberAll(draft, after)",
      appends,
    ),
  ],
  "tableTurning.ts": [
    entry(
      "rows that are undone are kept",
      "      kept.push({ file: after, as: afterSlot(plan.id, index) })\n",
      "",
      tables,
    ),
  ],
  "rollback.ts": [
    entry("a database that is asked once more stays", "tables?.leftEmpty === true && isFinished", "tables?.leftEmpty", [
      plainly("lastStep"),
    ]),
  ],
  "turning.ts": [
    entry(
      "a file that a rollback replaces is kept",
      "      links.push({ file: path.resolve(home, course.path), as: kept })\n",
      "",
      swaps,
    ),
    entry(
      "what is undone is kept",
      "    if (rope === original) links.push({ file: path.resolve(home, course.path), as })\n    else copies.push({ as, extents: rope })\n",
      "",
      [...cuts, ...swaps],
    ),
    entry("the journal knows what it made", "    made.push(as)\n", "", cuts),
  ],
  "transaction.ts": [
    entry("a record that fails is taken back", ".pipe(Effect.onError(() => Effect.ignore(revert)))", "", nothing),
  ],
  "home.ts": [
    entry(
      "all directories up to the project's are durable",
      "    yield* disk.fsyncDirectory(parentOf(within))\n",
      "    if (within === parentOf(file)) yield* disk.fsyncDirectory(parentOf(within))\n",
      nested,
    ),
  ],
}
