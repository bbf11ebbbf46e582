import { chance } from "./chance.ts"
import { type Clock, hour, iso, minute } from "./clock.ts"

const buoys = ["Alba", "Bran", "Calla", "Dun"]
const every = minute

/** The last two hours of four buoys, as it is known now. At every third asking, the second among them, one sends a text. */
export const makeWaves = () => {
  let asked = 0
  return ({ now }: Clock) => {
    const isOdd = ++asked % 3 === 2
    const last = Math.floor(now / every) * every
    const heights = Array.from({ length: (2 * hour) / every }, (_, index) => last - index * every)
      .toReversed()
      .flatMap((at) =>
        buoys.map((buoy) => ({ buoy, measured_at: iso(at), height_m: heightOf(buoy, at) as number | string })),
      )
    if (isOdd) heights.at(-2)!.height_m = "calibrating"
    return { heights }
  }
}

const heightOf = (buoy: string, at: number): number => Math.round(40 + 220 * chance("wave", buoy, at)) / 100
