import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import github from "./index.ts"

// Answers as in https://docs.github.com/en/rest/issues/issues#list-repository-issues and
// https://docs.github.com/en/rest/activity/starring#list-stargazers
const issue = (number: number, updated_at: string, more: object = {}) => ({
  id: 1_000 + number,
  number,
  title: `Issue ${number}`,
  state: "open",
  state_reason: null,
  user: { login: "octocat", id: 1 },
  labels: [{ id: 208045946, name: "bug" }],
  assignees: [{ login: "hubot" }],
  comments: 0,
  created_at: "2026-01-01T00:00:00Z",
  updated_at,
  closed_at: null,
  html_url: `https://github.com/octocat/Hello-World/issues/${number}`,
  ...more,
})

const star = (login: string) => ({ starred_at: "2026-01-05T00:00:00Z", user: { login } })

const config = { repositories: ["octocat/Hello-World"], since: "2026-01-01", stars: false }
const issues = "GET https://api.github.com/repos/octocat/Hello-World/issues"
const stargazers = "GET https://api.github.com/repos/octocat/Hello-World/stargazers"
const second = (at: number) =>
  new Date(Date.parse("2026-02-01T00:00:00Z") + at * 1000).toISOString().replace(".000", "")

/** A repository whose list is as GitHub gives it; `meanwhile` happens to it before each page. */
const repository = (all: Array<ReturnType<typeof issue>>, meanwhile?: (page: number) => void) => {
  let page = 0
  return ({ url }: Request) => {
    meanwhile?.(++page)
    const { searchParams } = new URL(url)
    const since = Date.parse(searchParams.get("since")!)
    const number = Number(searchParams.get("page") ?? 1)
    const found = all
      .filter(({ updated_at }) => Date.parse(updated_at) >= since)
      .toSorted((one, other) => Date.parse(one.updated_at) - Date.parse(other.updated_at) || one.id - other.id)
    // GitHub's links have a cursor beside the number, and that is what counts.
    const from = found.findIndex(({ id }) => String(id) === searchParams.get("after")) + 1
    const rows = found.slice(from, from + 100)
    searchParams.set("page", String(number + 1))
    searchParams.set("after", String(rows.at(-1)?.id))
    const next = `<https://api.github.com/repositories/1296269/issues?${searchParams}>; rel="next"`
    return {
      body: rows,
      ...(found.length > from + 100 && { headers: { link: next } }),
    }
  }
}

test("pull requests are told from issues, and each has its own columns", async () => {
  const merged = { pull_request: { merged_at: "2026-01-03T00:00:00Z" }, draft: false, state: "closed" }
  const { rows, requests, state } = await testConnector(github, {
    config,
    tokens: { accessToken: "a token" },
    fetch: { [issues]: { body: [issue(1, "2026-01-02T00:00:00Z"), issue(2, "2026-01-03T00:00:00Z", merged)] } },
  })
  assert.deepEqual(
    rows.issues.map(({ number, author, labels, assignees, repository }) => [
      number,
      author,
      labels,
      assignees,
      repository,
    ]),
    [[1, "octocat", ["bug"], ["hubot"], "octocat/Hello-World"]],
  )
  assert.deepEqual(
    rows.pull_requests.map(({ number, draft, merged_at }) => [number, draft, merged_at]),
    [[2, false, "2026-01-03T00:00:00Z"]],
  )
  assert.equal("pull_request" in rows.pull_requests[0]!, false)
  assert.deepEqual(state, { newest: { "octocat/Hello-World": "2026-01-03T00:00:00Z" } })
  assert.equal(requests[0]!.headers["authorization"], "Bearer a token")
  assert.equal(new URL(requests[0]!.url).searchParams.get("state"), "all")
})

test("what is updated while the pages are read makes no other issue go missing", async () => {
  const all = Array.from({ length: 350 }, (_, index) => issue(index, second(index)))
  // Before each page two that were read already are closed, and so move to the end.
  const meanwhile = (page: number) => {
    for (const index of [page, page + 1]) all[index] = issue(index, second(1_000 + page), { state: "closed" })
  }
  const { rows, requests, error } = await testConnector(github, { config, fetch: repository(all, meanwhile) })
  assert.equal(error, undefined)
  assert.equal(rows.issues.length, 350)
  assert.deepEqual(new Set(rows.issues.map(({ id }) => id)).size, 350)
  assert.ok(requests.length <= 5)
})

test("more than a page of one second", async () => {
  const all = Array.from({ length: 350 }, (_, index) =>
    issue(index, second(index < 30 ? index : index < 300 ? 30 : index)),
  )
  const { rows } = await testConnector(github, { config, fetch: repository(all) })
  assert.equal(rows.issues.length, 350)
})

test("the next sync asks for what was updated since, looks back a little, and takes revisions", async () => {
  const state = { newest: { "octocat/Hello-World": "2026-02-01T12:00:00Z" } }
  const closed = issue(1, "2026-02-01T13:00:00Z", { state: "closed", state_reason: "completed" })
  const { rows, requests, ...after } = await testConnector(github, {
    config,
    state,
    fetch: { [issues]: { body: [closed] } },
  })
  assert.equal(new URL(requests[0]!.url).searchParams.get("since"), "2026-02-01T11:58:00Z")
  assert.deepEqual(
    rows.issues.map(({ state, state_reason }) => [state, state_reason]),
    [["closed", "completed"]],
  )
  assert.deepEqual(after.state, { newest: { "octocat/Hello-World": "2026-02-01T13:00:00Z" } })

  const nothing = await testConnector(github, { config, state, fetch: { [issues]: { body: [] } } })
  assert.deepEqual(nothing.state, state)
  assert.deepEqual(nothing.rows, { issues: [], pull_requests: [], stars: [] })
})

test("stars, page by page; whoever gave one anew meanwhile is there once", async () => {
  const { rows, requests } = await testConnector(github, {
    config: { ...config, stars: true },
    fetch: {
      [issues]: { body: [] },
      [stargazers]: [
        {
          headers: { link: `<https://api.github.com/repositories/1296269/stargazers?per_page=100&page=2>; rel="next"` },
          body: [star("a"), star("b")],
        },
      ],
      "GET https://api.github.com/repositories/1296269/stargazers?per_page=100&page=2": {
        body: [star("c"), star("a")],
      },
    },
  })
  assert.deepEqual(
    rows.stars.map(({ user }) => user),
    ["a", "b", "c"],
  )
  assert.equal(requests.at(-1)!.headers["accept"], "application/vnd.github.star+json")
})

test("a limit that is used up is waited for, or ends the sync until then", async () => {
  const now = "2026-02-01T00:00:00Z"
  const spent = (reset: number) => ({
    status: 403,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.parse(now) / 1000 + reset) },
    body: { message: "API rate limit exceeded" },
  })
  const soon = await testConnector(github, { config, now, fetch: { [issues]: [spent(90), { body: [] }] } })
  assert.equal(soon.error, undefined)
  assert.deepEqual(soon.waits, [90_000])
  const late = await testConnector(github, { config, now, fetch: { [issues]: spent(3_000) } })
  assert.ok(late.error?.retryable)
  assert.equal(late.error.retryAfter, 3_000_000)
})

test("an answer that is an error says what GitHub says, and writes nothing", async () => {
  const fetch = { [issues]: { status: 404, body: { message: "Not Found" } } }
  const { error, rows } = await testConnector(github, { config, fetch })
  assert.match(error!.message, /Hello-World\/issues\?.* answered 404: \{"message":"Not Found"\}/)
  assert.deepEqual(rows.issues, [])
  const refused = { status: 403, body: { message: "Resource not accessible by personal access token" } }
  const { error: other } = await testConnector(github, { config, fetch: { [issues]: refused } })
  assert.equal(other?.retryable, false)
})
