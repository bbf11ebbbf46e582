import * as fc from "fast-check"

/**
 * A failure of a law names its seed; so that a run of the suite says the same twice, the seed is a fixed one. SEED=<n>
 * takes another, and `npm run torture` one that has never been tried.
 */
const seed = process.env["SEED"] ?? (process.env["TORTURE"] === undefined ? "20261123" : `${Date.now() % 2 ** 31}`)

fc.configureGlobal({ seed: Number(seed) })
