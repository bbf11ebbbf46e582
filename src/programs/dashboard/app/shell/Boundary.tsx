import { Button } from "@mantine/core"
import { Component, type ReactNode } from "react"
import { Empty } from "../parts/Empty.tsx"

interface Props {
  readonly children: ReactNode
}

/** A fault of ours takes one page down, not all of them; a newer version on the server is one that loading anew cures. */
export class Boundary extends Component<Props, { readonly isBroken: boolean }> {
  override readonly state = { isBroken: false }

  static getDerivedStateFromError() {
    return { isBroken: true }
  }

  override render() {
    if (!this.state.isBroken) return this.props.children
    return (
      <Empty title="This page cannot be shown">
        <p>openislands may have been updated since you opened it.</p>
        <Button onClick={() => location.reload()}>Load it anew</Button>
      </Empty>
    )
  }
}
