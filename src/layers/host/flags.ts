import type { Permissions } from "../../services/domain/Manifest.ts"

const knows = (flag: string): boolean => process.allowedNodeEnvironmentFlags.has(flag)

/** How a guest's Node is started, by what this Node knows (24 and 26 differ). `heap` is in MiB. */
export const guestFlags = (
  readable: ReadonlyArray<string>,
  permissions: Permissions,
  heap: number,
): ReadonlyArray<string> => [
  "--permission",
  ...[...readable, ...permissions.read].map((path) => `--allow-fs-read=${path}`),
  // Reads and writes anywhere, whatever the permissions say.
  ...(knows("--experimental-sqlite") ? ["--no-experimental-sqlite"] : []),
  ...(knows("--allow-net") ? ["--allow-net"] : []),
  ...(knows("--disable-sigusr1") ? ["--disable-sigusr1"] : []),
  "--disable-warning=ExperimentalWarning",
  `--max-old-space-size=${heap}`,
  // Of rows nothing is kept. Room for a batch of them is most of what collecting them costs; more of it is only memory.
  "--min-semi-space-size=32",
  "--max-semi-space-size=32",
]

const inherited = /^((HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|SSL_CERT_(FILE|DIR)|TZ|LANG|LC_\w+)$/i

/** Nothing of the host's environment but what reaching a provider and telling the time take. */
export const guestEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => inherited.test(name)))
