import { Skeleton } from "@mantine/core"
import type { ReactNode } from "react"
import type { Answer } from "../server/resource.ts"
import { Problem } from "./Problem.tsx"

interface Props<A> {
  readonly answer: Answer<A>
  /** Pixels that it will take, roughly. */
  readonly height?: number
  readonly children: (data: A) => ReactNode
}

/** The newest answer; why there is no newer one stands above it. */
export const Loaded = <A,>({ answer: { data, error }, height = 160, children }: Props<A>) => (
  <>
    {error !== null && error._tag !== "Unreachable" && (
      <Problem error={error} isNew>
        {data !== undefined && <p className="quiet">What you see is from before.</p>}
      </Problem>
    )}
    {data !== undefined ? children(data) : error === null ? <Skeleton height={height} aria-hidden="true" /> : null}
  </>
)
