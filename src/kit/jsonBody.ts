import { beginning, ResponseError } from "./responseError.ts"
import { shownUrl } from "./shownUrl.ts"
import type { WebResponse } from "./web.ts"

/**
 * The JSON of an answer; throws a `ResponseError` that names the URL and how the body begins where it isn't any. (What
 * the parser says of it has the body in it once more, and blames the code.)
 */
export const jsonBody = async (response: Pick<WebResponse, "status" | "url" | "text">): Promise<unknown> => {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    const came = text.trim() === "" ? ": the body is empty" : beginning(text)
    throw new ResponseError(`${shownUrl(response.url)} answered with no JSON${came}`, response.status)
  }
}
