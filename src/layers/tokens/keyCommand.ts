import { Effect } from "effect"
import { spawn } from "node:child_process"
import { wholly } from "../childProcesses.ts"

/** A keychain may have to ask its user first. */
const patience = "2 minutes"

/** No key is longer. In characters. */
const most = 4096

/**
 * What a command prints; fails with how it ended otherwise. The keychain of a system is asked by that system's own tool,
 * and no code of it runs in here. The shell takes the command apart, as its user expects; what the tool complains of, or
 * asks, is on stderr. It keeps its terminal, so it has no process group of its own: what the shell started may outlive
 * the shell, and ends when nobody reads what it prints.
 */
export const printedBy = (command: string, environment: Environment) =>
  Effect.callback<string, string>((resume) => {
    let child: ReturnType<typeof start>
    try {
      child = start(command, environment)
    } catch (cause) {
      return resume(Effect.fail((cause as Error).message))
    }
    const end = () => {
      child.stdout.destroy()
      child.kill()
    }
    let printed = ""
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (text: string) => {
      printed += text
      if (printed.length <= most) return
      end()
      resume(Effect.fail(`more than ${most} characters`))
    })
    child.once("error", (cause) => resume(Effect.fail(cause.message)))
    child.once("close", (code, signal) =>
      resume(code === 0 ? Effect.succeed(printed) : Effect.fail(signal ?? `exit code ${code}`)),
    )
    return Effect.sync(end)
  }).pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(`no answer in ${patience}`) }))

type Environment = Readonly<Record<string, string | undefined>>

/** Throws as Node does, where the system has no process to give. */
const start = (command: string, environment: Environment) =>
  wholly(
    spawn(command, {
      shell: true,
      env: { ...environment },
      stdio: ["ignore", "pipe", "inherit"],
      windowsHide: true,
    }),
  )
