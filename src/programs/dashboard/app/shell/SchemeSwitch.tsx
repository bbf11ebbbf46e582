import { ActionIcon, type MantineColorScheme, useMantineColorScheme } from "@mantine/core"

const next = { auto: "light", light: "dark", dark: "auto" } as const
const names: Readonly<Record<MantineColorScheme, string>> = { auto: "as the system", light: "light", dark: "dark" }

const shapes: Readonly<Record<MantineColorScheme, string>> = {
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5",
  dark: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
}

export const SchemeSwitch = () => {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const label = `Colours: ${names[colorScheme]}. Change to ${names[next[colorScheme]]}`
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      className="scheme"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(next[colorScheme])}
    >
      <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor">
        <path
          d={shapes[colorScheme]}
          fill={colorScheme === "light" ? "none" : "currentColor"}
          fillOpacity={colorScheme === "auto" ? 0.35 : 1}
          strokeWidth="1.800"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </ActionIcon>
  )
}
