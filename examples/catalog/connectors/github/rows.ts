import { z } from "zod"

const common = {
  id: z.number().int(),
  repository: z.string(),
  number: z.number().int(),
  title: z.string(),
  state: z.string(),
  author: z.string().nullable(),
  labels: z.array(z.string()),
  assignees: z.array(z.string()),
  comments: z.number().int(),
  created_at: z.string(),
  updated_at: z.string(),
  closed_at: z.string().nullable(),
  url: z.string(),
}
export const issue = z.object({ ...common, state_reason: z.string().nullable() })
export const pullRequest = z.object({ ...common, draft: z.boolean(), merged_at: z.string().nullable() })
export const star = z.object({ repository: z.string(), user: z.string(), starred_at: z.string() })

/** What GitHub answers, as far as it is used. */
export interface Item {
  id: number
  number: number
  title: string
  state: string
  state_reason?: string | null
  user: { login: string } | null
  labels: Array<string | { name?: string | null }>
  assignees?: Array<{ login: string }> | null
  comments: number
  created_at: string
  updated_at: string
  closed_at: string | null
  html_url: string
  draft?: boolean
  pull_request?: { merged_at?: string | null }
}

export const rowOf = (repository: string) => (item: Item) => ({
  ...item,
  repository,
  author: item.user?.login ?? null,
  labels: item.labels.map((label) => (typeof label === "string" ? label : (label.name ?? ""))),
  assignees: (item.assignees ?? []).map(({ login }) => login),
  url: item.html_url,
  state_reason: item.state_reason ?? null,
  draft: item.draft ?? false,
  merged_at: item.pull_request?.merged_at ?? null,
})
