import { inject, it } from "vitest"
import { torture } from "../torture/kills.ts"
import { seedOf } from "../torture/random.ts"

const seed = seedOf(process.env["SEED"])

it(`15 commands and their guests killed at random moments leave what was before or after (SEED=${seed})`, async () => {
  await torture({ cli: inject("cli"), seed, kills: 15 })
}, 180_000)
