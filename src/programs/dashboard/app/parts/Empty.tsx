import type { ReactNode } from "react"

/** Nothing yet, and what to do about it. */
export const Empty = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <div className="empty">
    <svg viewBox="0 0 48 32" width="72" height="48" aria-hidden="true" fill="none" stroke="currentColor">
      <path d="M10 21c3-8 8-12 14-12s11 4 14 12z" strokeWidth="1.500" strokeLinejoin="round" />
      <path
        d="M4 26c3.300 2 6.700 2 10 0s6.700-2 10 0 6.700 2 10 0 6.700-2 10 0"
        strokeWidth="1.500"
        strokeLinecap="round"
      />
    </svg>
    <h2>{title}</h2>
    {children}
  </div>
)
