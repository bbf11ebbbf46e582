import { web } from "./web.ts"

/**
 * A URL as it may stand in a message: with the names of its parameters, without their values, which may be secrets, or
 * anybody's password. A page's number is none, and tells which one failed.
 */
export const shownUrl = (url: string): string => {
  try {
    const { origin, pathname, searchParams } = new web.URL(url)
    const all = [...searchParams.keys()]
    const shown = [...new Set(all)].map((name) => {
      const value = all.indexOf(name) === all.lastIndexOf(name) ? searchParams.get(name) : null
      return `${name}=${value !== null && ofPage.test(name) && number.test(value) ? value : "..."}`
    })
    return `${origin}${pathname}${shown.length > 0 ? `?${shown.join("&")}` : ""}`
  } catch {
    return "an invalid URL"
  }
}

/** By name alone: a short number elsewhere may be somebody's PIN, and what is so short is not taken out of messages later. */
const ofPage =
  /^(page|page_?(no|num|number|size)|page\[\w+\]|per_?page|offset|skip|start|start_?(at|index)|limit|size|count)$/i
const number = /^\d{1,6}$/
