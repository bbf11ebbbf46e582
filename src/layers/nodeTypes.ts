/**
 * Declarations of what a connector's test takes from Node, by file name, so that it type-checks before anything is
 * installed. Where an author has @types/node, and names it in tsconfig.json, those come first.
 */
export const nodeTypes: ReadonlyArray<readonly [file: string, text: string]> = [
  [
    "test.d.ts",
    `type Body = () => void | Promise<void>

export declare function test(name: string, body: Body): Promise<void>
export declare function describe(name: string, body: () => void): Promise<void>
export declare const it: typeof test
export declare function before(body: Body): void
export declare function after(body: Body): void
export declare function beforeEach(body: Body): void
export declare function afterEach(body: Body): void
export default test
`,
  ],
  [
    "assert.d.ts",
    `type Expected = RegExp | object | Error | ((error: any) => boolean) | (new (...args: any) => object)

interface Assert {
  (value: unknown, message?: string | Error): asserts value
  ok(value: unknown, message?: string | Error): asserts value
  equal<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T
  notEqual(actual: unknown, expected: unknown, message?: string | Error): void
  deepEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T
  notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void
  match(text: string, pattern: RegExp, message?: string | Error): void
  doesNotMatch(text: string, pattern: RegExp, message?: string | Error): void
  throws(run: () => unknown, expected?: Expected, message?: string | Error): void
  rejects(run: Promise<unknown> | (() => Promise<unknown>), expected?: Expected, message?: string | Error): Promise<void>
  ifError(value: unknown): asserts value is null | undefined
  fail(message?: string | Error): never
}

declare const assert: Assert
export default assert
`,
  ],
]
