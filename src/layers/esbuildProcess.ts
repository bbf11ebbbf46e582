type Esbuild = typeof import("esbuild")

let uses = 0

/**
 * esbuild works in a process of its own, in the user's directory and with our environment. It ends as soon as nobody
 * needs it: by itself it would stay as long as we do, and a moment longer. (A start costs about 4 ms.)
 */
export const withEsbuild = async <A>(use: (esbuild: Esbuild) => Promise<A>): Promise<A> => {
  const esbuild = await import("esbuild")
  uses++
  try {
    return await use(esbuild)
  } finally {
    uses--
    if (uses === 0) await esbuild.stop()
  }
}
