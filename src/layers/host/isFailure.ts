import { hasOwn } from "../formats/primordials.ts"

/** Whether this is an answer to the host already. By a type of its own: the connector may have given one to every object. */
export const isFailure = <A extends object>(result: A): result is Extract<A, { readonly type: string }> =>
  hasOwn(result, "type")
