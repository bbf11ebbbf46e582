import { ago, exactTime } from "../words/intl.ts"
import { useNow } from "../words/useNow.ts"

/** `2 hr. ago`; the exact time on pointing at it. */
export const Time = ({ at }: { readonly at: string }) => (
  <time dateTime={at} title={exactTime(at)}>
    {ago(at, useNow())}
  </time>
)
