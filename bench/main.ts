import { rows } from "./rows.ts"
import { startup } from "./startup.ts"
import { print } from "./table.ts"

/** `npm run bench [section ...]`: what the built program takes, each figure beside what it is compared with. */
const sections: Readonly<Record<string, () => Promise<string>>> = { startup, rows }

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !Object.hasOwn(sections, name))
if (unknown !== undefined) {
  print(`no section "${unknown}"; there are: ${Object.keys(sections).join(", ")}`)
  process.exit(2)
}
for (const [name, section] of Object.entries(sections)) {
  if (wanted.length === 0 || wanted.includes(name)) print(`${name}\n\n${await section()}\n`)
}
