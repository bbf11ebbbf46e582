import { expect, it } from "vitest"
import { Session } from "../../../src/layers/host/session.ts"

const minute = 60_000

/** A session whose tokens last as long as it says, each. */
const lasting = (milliseconds: number) => {
  const asked: Array<string> = []
  const tokens = (serial: number, from: number) => ({ accessToken: `a-${serial}`, expiresAt: from + milliseconds })
  const clock = { now: 0 }
  const session = new Session(tokens(0, 0), (refused) => {
    asked.push(refused)
    return Promise.resolve(tokens(asked.length, clock.now))
  })
  const at = async (now: number) => {
    clock.now = now
    await session.keepFresh(now)
    return session.accessToken
  }
  return { asked, at, session }
}

it("an access token is renewed when it is about to end, before a provider refuses it, and ctx.tokens shows the new one", async () => {
  const { asked, at, session } = lasting(60 * minute)
  const view = session.view()
  expect(await at(0)).toBe("a-0")
  expect(await at(58 * minute)).toBe("a-0")
  expect(await at(59.5 * minute)).toBe("a-1")
  expect(view).toEqual({ accessToken: "a-1", expiresAt: 119.5 * minute })
  expect(await at(60 * minute)).toBe("a-1")
  expect(asked).toEqual(["a-0"])
})

it("one that never lasts is used as it is, until it is refused", async () => {
  const { asked, at, session } = lasting(0)
  for (const now of [0, 1, 5 * minute]) expect(await at(now)).toBe("a-0")
  expect(asked).toEqual([])
  expect(await session.renewed("a-0")).toBe(true)
  expect(session.accessToken).toBe("a-1")
})

it("requests at the same time renew once, and a renewal that brings nothing isn't asked for again", async () => {
  let asked = 0
  const session = new Session({ accessToken: "a", expiresAt: 10 * minute }, () => {
    asked++
    return Promise.resolve(null)
  })
  await session.keepFresh(0)
  await Promise.all([1, 2, 3].map(() => session.keepFresh(9.9 * minute)))
  await session.keepFresh(9.95 * minute)
  expect(asked).toBe(1)
  expect(session.accessToken).toBe("a")
})
