import "@mantine/core/styles.css"
import "@mantine/charts/styles.css"
import "./styles/base.css"
import "./styles/frame.css"
import "./styles/cards.css"
import "./styles/notices.css"
import "./styles/tables.css"
import "./styles/history.css"
import "./styles/narrow.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App.tsx"
import { follow } from "./server/live.ts"

const nonce = document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? ""
// What locks scrolling behind a dialog takes its nonce from here, and is refused without one.
Object.assign(globalThis, { __webpack_nonce__: nonce })

follow()
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App nonce={nonce} />
  </StrictMode>,
)
