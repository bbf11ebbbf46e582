import { createTheme, type CSSVariablesResolver } from "@mantine/core"

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'

export const theme = createTheme({
  primaryColor: "lagoon",
  primaryShade: 7,
  defaultRadius: "md",
  fontFamily: font,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontFamily: font, fontWeight: "650" },
  colors: {
    lagoon: [
      "#e9f7f6",
      "#d2ecea",
      "#a5d9d6",
      "#74c5c0",
      "#4cb3ad",
      "#2fa39d",
      "#17918c",
      "#0b7a76",
      "#08635f",
      "#054c49",
    ],
    dark: [
      "#d8dee0",
      "#b8c2c6",
      "#96a2a8",
      "#6d7a81",
      "#3d484e",
      "#2f393e",
      "#22292d",
      "#1a2023",
      "#13181a",
      "#0d1113",
    ],
  },
})

/** Mantine's own shades of grey and red are too faint to be read with ease. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { "--mantine-color-dimmed": "#566168", "--mantine-color-error": "#b3261e" },
  dark: { "--mantine-color-dimmed": "#a3afb5", "--mantine-color-error": "#ff8a80" },
})
