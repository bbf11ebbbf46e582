import { MantineProvider } from "@mantine/core"
import { theme, variables } from "./theme.ts"
import { Frame } from "./shell/Frame.tsx"
import { Pages } from "./Pages.tsx"

export const App = ({ nonce }: { readonly nonce: string }) => (
  <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <Frame>
      <Pages />
    </Frame>
  </MantineProvider>
)
