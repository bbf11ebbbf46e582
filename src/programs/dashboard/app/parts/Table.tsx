import type { ReactNode } from "react"

/** Scrolls by itself where it is wider than the page, for the keyboard too. */
export const Table = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  <div className="table" role="region" aria-label={label} tabIndex={0}>
    <table>{children}</table>
  </div>
)
