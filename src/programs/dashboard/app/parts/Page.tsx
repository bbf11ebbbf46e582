import { type ReactNode, useEffect, useRef } from "react"

interface Props {
  readonly title: string
  readonly above?: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
}

let isFirst = true

/** A page's heading has the focus once the page was gone to, so that a screen reader says where one is. */
export const Page = ({ title, above, aside, children }: Props) => {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · OpenIslands`
    if (!isFirst) heading.current?.focus()
    isFirst = false
  }, [title])
  return (
    <>
      {above}
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {aside}
      </div>
      {children}
    </>
  )
}
