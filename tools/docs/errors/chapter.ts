import type { TaggedFailure } from "../../../src/services/domain/ErrorDocument.ts"

/** A failure as it might occur, and what causes it, as a sentence. */
export type Example = readonly [error: TaggedFailure, cause: string]

/** Errors that one reader meets together. */
export interface ErrorChapter {
  readonly title: string
  /** Where they appear, as a sentence. */
  readonly where: string
  readonly examples: ReadonlyArray<Example>
}
