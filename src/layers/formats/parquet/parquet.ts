import type { Contract } from "../../../services/domain/Contract.ts"
import type { CellIssue } from "../decode.ts"
export const inferParquet = async (_: string): Promise<{ issue: CellIssue | null; contract: Contract | null }> => ({ issue: null, contract: null })
export const checkParquet = async (_: string, __: unknown): Promise<CellIssue | null> => null
export const writeParquet = async (_: unknown): Promise<void> => {}
export async function* readParquet(_: string, __: Contract): AsyncGenerator<ReadonlyArray<Record<string, unknown>>> {}
