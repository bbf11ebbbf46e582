import { framesOf } from "./thrown.ts"

const Site = Error

/** Node's own fetch fails with an error that has no stack: it gets that of the call, so that the place can be named. */
export const placeFetchErrors = (): void => {
  const { fetch } = globalThis
  globalThis.fetch = async (...request) => {
    const site = new Site()
    try {
      return await fetch(...request)
    } catch (thrown) {
      if (thrown instanceof Site && framesOf(thrown) === null) {
        thrown.stack = `${thrown.name}: ${thrown.message}${framesOf(site) ?? ""}`
      }
      throw thrown
    }
  }
}
