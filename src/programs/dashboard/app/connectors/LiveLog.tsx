import { useEffect, useRef } from "react"
import type { LiveRun } from "../server/runsUnderWay.ts"
import { counted } from "../words/intl.ts"

/** What a run writes while it runs; stays at its end unless somebody has scrolled up. */
export const LiveLog = ({ connector, run }: { readonly connector: string; readonly run: LiveRun }) => {
  const box = useRef<HTMLPreElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (isAtEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [run.lines])
  const rows = Object.values(run.rows).reduce((sum, count) => sum + count, 0)
  return (
    <div className="live">
      <p className="quiet">{rows === 0 ? "Running …" : `${counted(rows, "row")} so far`}</p>
      <pre
        ref={box}
        className="log"
        role="log"
        aria-live="off"
        aria-label={`Log of ${connector}`}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollTop + clientHeight > scrollHeight - 8
        }}
      >
        {run.lines.length === 0 ? "It has logged nothing yet." : run.lines.map(({ text }) => text).join("\n")}
      </pre>
    </div>
  )
}
