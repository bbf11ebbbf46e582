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

const proxies = /^((HTTPS?|NO|ALL)_PROXY|NODE_USE_ENV_PROXY)$/i
const inherited = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|TZ|LANG|LC_\w+)$/i

/**
 * Nothing of the host's environment but what reaching a provider and telling the time take. A guest of which the hosts
 * are named goes without a proxy: behind one, only the proxy would know where its requests lead.
 */
export const guestEnvironment = (environment: NodeJS.ProcessEnv, { net }: Permissions): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => inherited.test(name) || (net === null && proxies.test(name))),
  )
