import type { ReactNode } from "react"
import { useRoute } from "../route.ts"
import { Boundary } from "./Boundary.tsx"
import { Header } from "./Header.tsx"
import { RunEnds } from "./RunEnds.tsx"
import { ServerGone } from "./ServerGone.tsx"

const skip = (): void => document.querySelector<HTMLElement>("main h1")?.focus()

/** What surrounds every page. */
export const Frame = ({ children }: { readonly children: ReactNode }) => {
  const route = useRoute()
  return (
    <>
      <button type="button" className="skip" onClick={skip}>
        Skip to the content
      </button>
      <Header section={route[0] ?? ""} />
      <main>
        <Boundary key={route.join("/")}>{children}</Boundary>
      </main>
      <ServerGone />
      <RunEnds />
    </>
  )
}
