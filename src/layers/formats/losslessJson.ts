/** Only a run of digits this long can be an integer that a double doesn't hold. */
const longDigits = /\d{16}/
const integer = /^-?\d+$/

type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown

const keepIntegers: Reviver = (_key, value, context) => {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && integer.test(source) ? BigInt(source) : value
}

/** `JSON.parse`, but an integer that a double doesn't hold becomes a bigint. Throws a `SyntaxError`. */
export function parseJson(text: string): unknown {
  return longDigits.test(text) ? JSON.parse(text, keepIntegers) : JSON.parse(text)
}
