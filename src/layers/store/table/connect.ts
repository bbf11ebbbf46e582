import type { DatabaseSync } from "node:sqlite"
export const connect = (_: string, __: { readonly create: boolean }): DatabaseSync => { throw new Error("stub") }
export const isBusy = (_: unknown): boolean => false
export const isNoDatabase = (_: unknown): boolean => false
