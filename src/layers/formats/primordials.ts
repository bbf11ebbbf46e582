/**
 * Builtins as they were before any connector code ran. The encoders run beside a guest that may replace
 * `JSON.stringify`, `Array.prototype.push` or `Map.prototype.get`, and must neither be misled nor crash by it.
 */
const uncurry = Function.prototype.bind.bind(Function.prototype.call) as unknown as <
  Self,
  Args extends ReadonlyArray<unknown>,
  Result,
>(
  method: (this: Self, ...args: Args) => Result,
) => (self: Self, ...args: Args) => Result

/** `Object.keys` and its kin, safe from later replacement. */
export const objectKeys: (value: object) => Array<string> = Object.keys
export const getPrototypeOf: (value: object) => object | null = Reflect.getPrototypeOf
export const getOwnPropertySymbols: (value: object) => Array<symbol> = Object.getOwnPropertySymbols
export const objectPrototype: object = Object.prototype
export const hasOwn: (value: object, key: PropertyKey) => boolean = Object.hasOwn
export const setPrototypeOf: (value: object, prototype: object | null) => boolean = Reflect.setPrototypeOf
export const isArray: (value: unknown) => value is Array<unknown> = Array.isArray
export const floor: (value: number) => number = Math.floor
export const toBigInt: (value: number) => bigint = BigInt
/** Only ever given primitives: then neither `toJSON` nor a replaced prototype is looked at. */
export const jsonStringify: (value: string) => string = JSON.stringify
export const charCodeAt: (text: string, index: number) => number = uncurry<string, [number], number>(
  String.prototype.charCodeAt,
)
export const isWellFormed: (text: string) => boolean = uncurry(String.prototype.isWellFormed)
export const toLowerCase: (text: string) => string = uncurry(String.prototype.toLowerCase)
export const toISOString: (date: Date) => string = uncurry(Date.prototype.toISOString)
export const getTime: (date: Date) => number = uncurry(Date.prototype.getTime)
export const propertyIsEnumerable: (value: object, key: PropertyKey) => boolean = uncurry(
  Object.prototype.propertyIsEnumerable,
)

const regExpPrototype = RegExp.prototype
const ownExec = regExpPrototype.exec
const exec: (pattern: RegExp, text: string) => unknown = uncurry(ownExec)
const test: (pattern: RegExp, text: string) => boolean = uncurry(regExpPrototype.test)

/**
 * `pattern.test(text)` for a pattern without flags. `test` makes nothing for the garbage collector, but it asks for
 * `exec`, which may have been replaced.
 */
export function matches(pattern: RegExp, text: string): boolean {
  return regExpPrototype.exec === ownExec ? test(pattern, text) : exec(pattern, text) !== null
}

const toStringOf: (value: unknown) => string = uncurry(Object.prototype.toString)
const sliceOf: (text: string, start: number, end?: number) => string = uncurry(String.prototype.slice)
const indexOfText: (text: string, search: string, from?: number) => number = uncurry(String.prototype.indexOf)
const mapGet: (map: Map<unknown, unknown>, key: unknown) => unknown = uncurry(Map.prototype.get)
const mapSet: (map: Map<unknown, unknown>, key: unknown, value: unknown) => unknown = uncurry(Map.prototype.set)
const defineProperty = Reflect.defineProperty

/** `text.slice`. */
export const slice: (text: string, start: number, end?: number) => string = sliceOf
/** `text.indexOf`. */
export const indexOf: (text: string, search: string, from?: number) => number = indexOfText

/** The `X` of `[object X]`. */
export function tagOf(value: unknown): string {
  return sliceOf(toStringOf(value), 8, -1)
}

const SafeMap = Map

/** `new Map()`. */
export function newMap<Key, Value>(): Map<Key, Value> {
  return new SafeMap<Key, Value>()
}

/** `map.get(key)`. */
export function getIn<Key, Value>(map: Map<Key, Value>, key: Key): Value | undefined {
  return mapGet(map, key) as Value | undefined
}

/** `map.set(key, value)`. */
export function setIn<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  mapSet(map, key, value)
}

/** `list.push(item)`, past any setter that was put on `Array.prototype`. */
export function append<Item>(list: Array<Item>, item: Item): void {
  defineProperty(list, list.length, {
    __proto__: null,
    value: item,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor)
}

/** Every `"` doubled: what both a CSV cell and nothing else needs, without `String.prototype.replace` and its regular expressions. */
export function doubleQuotes(text: string): string {
  let from = 0
  let at = indexOfText(text, '"')
  if (at < 0) return text
  let out = ""
  while (at >= 0) {
    out += sliceOf(text, from, at + 1) + '"'
    from = at + 1
    at = indexOfText(text, '"', from)
  }
  return out + sliceOf(text, from)
}
