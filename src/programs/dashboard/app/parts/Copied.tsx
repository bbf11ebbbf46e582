import { Button, CopyButton } from "@mantine/core"

interface Props {
  readonly text: string
  /** What it is: `redirect URI`. */
  readonly what: string
}

/** Text that is needed elsewhere. */
export const Copied = ({ text, what }: Props) => (
  <div className="copied">
    <pre tabIndex={0} aria-label={what}>
      {text}
    </pre>
    <CopyButton value={text} timeout={2_000}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" onClick={copy} aria-label={`Copy the ${what}`}>
          {copied ? "Copied" : "Copy"}
        </Button>
      )}
    </CopyButton>
  </div>
)
