import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { freePort } from "../src/programs/demo/ports.ts"
import { hour, minute } from "../src/programs/demo/provider/clock.ts"
import { setUp, type Stage } from "../src/programs/demo/stage.ts"
import { launch } from "../test/fixtures/browser.ts"

/** `npm run pictures`: the dashboard as it is, into docs/images, with the demo at work in it. */
const root = path.join(import.meta.dirname, "..")
const images = path.join(root, "docs", "images")

const wide = { width: 1440, height: 860 }
const narrow = { width: 360, height: 780 }

const main = async ({ dashboard, provider }: Stage, browser: Browser): Promise<void> => {
  const { connectors } = await asked<Connectors>(`${dashboard}/api/connectors`)
  for (const { name } of connectors) if (name !== "walks") await synced(dashboard, name)
  // Different numbers of rows, so that the charts have something to show.
  for (const minutes of [50, 20, 75, 35, 60, 10, 45, 90, 25, 55, 15, 70, 40, 65]) {
    provider.clock.advance(minutes * minute)
    await synced(dashboard, "tides")
  }
  // One answer of three is odd.
  while ((await synced(dashboard, "waves")).outcome === "success");

  /** The ferries, with some dozen pages to go: on a machine that isn't busy their provider wants to be left alone by then. */
  const withSync = async (page: Page): Promise<void> => {
    provider.clock.advance(12 * hour)
    const card = page.getByRole("article", { name: "ferries", exact: true })
    await card.getByRole("button", { name: "Sync now" }).click()
    await card.getByText(/asked again|page 7:/).waitFor()
  }
  const shot = async (
    name: string,
    where: string,
    look: BrowserContextOptions,
    then: (page: Page) => Promise<unknown>,
  ) => {
    const page = await browser.newPage(look)
    await page.goto(`${dashboard}/#/${where}`)
    await then(page)
    await page.screenshot({ path: path.join(images, `${name}.png`), animations: "disabled" })
    await page.close()
    await idle(dashboard)
  }
  await shot("demo", "", { viewport: { width: 860, height: 1060 } }, withSync)
  await shot("connectors", "", { viewport: wide }, withSync)
  await shot("connectors-narrow-dark", "", { viewport: narrow, colorScheme: "dark" }, withSync)
  await shot("connector-dark", "connectors/tides", { viewport: wide, colorScheme: "dark" }, (page) =>
    page.getByText("Rows per run").waitFor(),
  )
  for (const minutes of [0, 30, 45]) {
    provider.clock.advance(minutes * minute)
    await synced(dashboard, "tides")
  }
  await shot("undo-narrow", "history", { viewport: narrow }, async (page) => {
    await page
      .getByRole("button", { name: /^Undo sync of tides/i })
      .nth(1)
      .click()
    await page.getByText("Also undone, as").waitFor()
  })
}

interface Connectors {
  readonly connectors: ReadonlyArray<{ readonly name: string; readonly running: object | null }>
}

const asked = async <A>(url: string, init?: RequestInit): Promise<A> => {
  const answer = await fetch(url, init)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as A
}

const synced = async (dashboard: string, connector: string): Promise<{ readonly outcome: string }> => {
  const { runId } = await asked<{ runId: string }>(`${dashboard}/api/connectors/${connector}/sync`, { method: "POST" })
  for (;;) {
    const run = await asked<{ readonly outcome: string }>(`${dashboard}/api/runs/${runId}`)
    if (run.outcome !== "running") return run
    await pause()
  }
}

const idle = async (dashboard: string): Promise<void> => {
  while ((await asked<Connectors>(`${dashboard}/api/connectors`)).connectors.some(({ running }) => running !== null)) {
    await pause()
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100))

const directory = mkdtempSync(path.join(tmpdir(), "openislands-pictures-"))
const port = (await freePort(0)) ?? 0
const stage = await setUp({ program: path.join(root, "dist/bin.mjs"), directory, keep: false, port, schedule: true })
const browser = await launch()
try {
  await main(stage, browser)
} finally {
  await browser.close()
  await stage.close()
  rmSync(directory, { recursive: true, maxRetries: 10 })
}
