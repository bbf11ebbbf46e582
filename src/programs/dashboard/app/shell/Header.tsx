import { linkTo } from "../route.ts"
import { SchemeSwitch } from "./SchemeSwitch.tsx"

const pages = [
  ["Connectors", ["", "connectors"], linkTo()],
  ["Datasets", ["datasets"], linkTo("datasets")],
  ["History", ["history"], linkTo("history")],
] as const

export const Header = ({ section }: { readonly section: string }) => (
  <header className="header">
    <div className="header-inner">
      <a className="brand" href={linkTo()}>
        <Mark />
        OpenIslands
      </a>
      <nav aria-label="Pages">
        <ul>
          {pages.map(([title, sections, href]) => (
            <li key={title}>
              <a href={href} aria-current={(sections as ReadonlyArray<string>).includes(section) ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <SchemeSwitch />
    </div>
  </header>
)

const Mark = () => (
  <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <path d="M4.5 14.5C6 9.5 9 7 12.5 7s5.500 3 7 7.500z" fill="currentColor" />
    <path
      d="M2 17.800c1.700 1.200 3.300 1.200 5 0s3.300-1.200 5 0 3.300 1.200 5 0 3.300-1.200 5 0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.800"
      strokeLinecap="round"
    />
  </svg>
)
