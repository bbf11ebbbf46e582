/** How a provider's pages lead to one another. */
export const pagings = ["cursor", "page", "link", "none"] as const
export type Paging = (typeof pagings)[number]

interface PagingTexts {
  /** What of the kit `next` is made with. */
  readonly helper: string | null
  /** Of `next` in a connector, with a comment where it doesn't say enough. */
  readonly next: string
  /** Behind the query of the first URL. */
  readonly firstPage: string
  /** What a page has beside its items. */
  readonly member: string
  /** Of the test: which pages come, in the order in which they are asked for. */
  readonly pages: ReadonlyArray<TestPage>
}

interface TestPage {
  /** Behind the query without pages. */
  readonly query: string
  /** Names of the test's items. */
  readonly items: string
  readonly more?: string
  readonly headers?: string
}

/** What a new connector and its test have of their way of paging. */
export const pagingTexts: Readonly<Record<Paging, PagingTexts>> = {
  cursor: {
    helper: "byCursor",
    next: `byCursor("cursor", (page) => page.next_cursor)`,
    firstPage: "",
    member: "  next_cursor: string | null\n",
    pages: [
      { query: "", items: "first", more: `, next_cursor: "more"` },
      { query: "&cursor=more", items: "second", more: ", next_cursor: null" },
    ],
  },
  page: {
    helper: "byPage",
    next: `byPage("page")`,
    firstPage: "&page=1",
    member: "",
    // The end is a page without rows.
    pages: [
      { query: "&page=1", items: "first" },
      { query: "&page=2", items: "second" },
      { query: "&page=3", items: "" },
    ],
  },
  link: {
    helper: "byLink",
    next: "byLink()",
    firstPage: "",
    member: "",
    pages: [
      { query: "", items: "first", headers: '{ link: `<${url}?updated_since=2026-01-01&after=1>; rel="next"` }' },
      { query: "&after=1", items: "second" },
    ],
  },
  none: {
    helper: null,
    next: "() => null",
    firstPage: "",
    member: "",
    pages: [{ query: "", items: "first, second" }],
  },
}
