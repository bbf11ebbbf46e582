import { inject, it } from "vitest"
import { torture } from "../torture/kills.ts"
import { seedOf } from "../torture/random.ts"

const seed = seedOf(process.env["SEED"])

it(`10 commands and their guests killed at random moments leave what was before or after (SEED=${seed})`, async () => {
  await torture({ cli: inject("cli"), seed, kills: 10 })
}, 180_000)
