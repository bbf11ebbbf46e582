import { assert, inject, it } from "vitest"
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"

const web = path.join(path.dirname(inject("cli")), "web", "app")
const text = (name: string): string => readFileSync(path.join(web, name), "utf8")

it("the dashboard's scripts are under 350 kB together, zipped, and what it opens with under 150", () => {
  const sizes = readdirSync(web)
    .filter((name) => name.endsWith(".js"))
    .map((name) => ({ name, size: gzipSync(text(name)).length }))
  assert.isAtMost(
    sizes.reduce((sum, { size }) => sum + size, 0),
    350_000,
  )
  const first = /src="\/app\/([^"]+)"/.exec(text("index.html"))?.[1]
  assert.isDefined(first)
  const loaded = new Set([first!])
  for (const name of loaded) {
    for (const [, also] of text(name).matchAll(/(?:from|import)"\.\/([^"]+)"/g)) loaded.add(also!)
  }
  const opening = sizes.filter(({ name }) => loaded.has(name)).reduce((sum, { size }) => sum + size, 0)
  assert.isAbove(opening, 20_000)
  assert.isAtMost(opening, 150_000)
})

it("the page holds no script and no style of its own, and loads nothing from elsewhere", () => {
  const page = text("index.html")
  assert.notMatch(page, /<script(?![^>]*\ssrc="\/app\/)|<style|\sstyle=|\son\w+=/)
  assert.notMatch(page, /(?:src|href)="(?!\/app\/|data:,)/)
  for (const name of readdirSync(web).filter((name) => name.endsWith(".css"))) {
    assert.notMatch(text(name), /url\(["']?(?!data:|#)|@import/)
  }
})
