import { linkTo } from "../route.ts"

/** The way back to the list that a page belongs to. */
export const Crumbs = ({ title, to = [] }: { readonly title: string; readonly to?: ReadonlyArray<string> }) => (
  <nav aria-label="Breadcrumb" className="crumbs">
    <a href={linkTo(...to)}>
      <span aria-hidden="true">← </span>
      {title}
    </a>
  </nav>
)
