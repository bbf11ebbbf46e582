import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import waves from "./index.ts"

const config = { url: "https://waves.example" }

test("the heights are what the provider has now", async () => {
  const heights = [{ buoy: "Alba", measured_at: "2026-01-01T00:00:00.000Z", height_m: 1.2 }]
  const fetch = { [`GET ${config.url}/latest`]: { body: { heights } } }
  assert.deepEqual((await testConnector(waves, { config, fetch })).rows.heights, heights)
})

test("an answer that is none fails the sync, and says which", async () => {
  const fetch = { [`GET ${config.url}/latest`]: { status: 404, body: { error: "no such buoy" } } }
  const { error } = await testConnector(waves, { config, fetch })
  assert.match(error?.message ?? "", /waves\.example\/latest answered 404/)
})
