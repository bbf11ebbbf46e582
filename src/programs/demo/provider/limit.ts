import { second } from "./clock.ts"

/** Whether one more request is too many: so many a second, and who asks oftener is told to wait. */
export const makeLimit = (most: number) => {
  let asked: ReadonlyArray<number> = []
  return (now: number): boolean => {
    asked = asked.filter((at) => at > now - second)
    if (asked.length >= most) return false
    asked = [...asked, now]
    return true
  }
}
