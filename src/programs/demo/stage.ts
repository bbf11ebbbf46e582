import * as path from "node:path"
import { errnoOf } from "../../layers/errno.ts"
import { DemoError } from "./DemoError.ts"
import { serve, type Served } from "./programs.ts"
import { clear, note, settle } from "./project.ts"
import { type DemoProvider, startProvider } from "./provider/provider.ts"

export interface StageOptions {
  readonly program: string
  readonly directory: string
  readonly keep: boolean
  readonly port: number
  readonly schedule: boolean
}

/** What stands while the demo runs. */
export interface Stage {
  readonly program: string
  readonly directory: string
  /** Its origin. */
  readonly dashboard: string
  readonly provider: DemoProvider
  readonly server: Served
  readonly close: () => Promise<void>
}

/** Starts a provider, makes a project that knows it, and serves that. */
export const setUp = async ({ program, directory, keep, port, schedule }: StageOptions): Promise<Stage> => {
  const kept = inDirectory(directory, () => clear(directory, keep))
  const dashboard = `http://127.0.0.1:${port}`
  const provider = await startProvider({
    ahead: kept?.ahead ?? 0,
    redirectUri: `${dashboard}/api/connectors/walks/auth/callback`,
  })
  try {
    inDirectory(directory, () => settle(directory, kept, provider.origin, provider.credentials))
    const server = await serve(program, directory, port, ...(schedule ? [] : ["--no-schedule"]))
    const close = async (): Promise<void> => {
      note(directory, { port: Number(new URL(provider.origin).port), ahead: provider.clock.ahead })
      await server.stop()
      await provider.close()
    }
    return { program, directory, dashboard, provider, server, close }
  } catch (error) {
    await provider.close()
    throw error
  }
}

/** What the disk refuses is for a person to put right. */
const inDirectory = <A>(directory: string, act: () => A): A => {
  try {
    return act()
  } catch (error) {
    if (error instanceof DemoError) throw error
    throw new DemoError(`${directory} cannot be used (${errnoOf(error)})`, "Name another directory with --dir.")
  }
}

/** A directory as a person here would name it. */
export const named = (directory: string): string => {
  const relative = path.relative(process.cwd(), directory)
  return relative.startsWith("..") || relative === "" ? directory : relative
}
