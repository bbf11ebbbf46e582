import { web } from "./web.ts"

/** A URL as it may stand in a message: with the names of its parameters, without their values or anybody's password. */
export const shownUrl = (url: string): string => {
  try {
    const { origin, pathname, searchParams } = new web.URL(url)
    const names = [...new Set(searchParams.keys())].map((name) => `${name}=...`)
    return `${origin}${pathname}${names.length > 0 ? `?${names.join("&")}` : ""}`
  } catch {
    return "an invalid URL"
  }
}
