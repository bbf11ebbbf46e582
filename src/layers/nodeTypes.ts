/**
 * Declarations of what connectors and their tests take from Node most often, by file name, so that they type-check
 * before anything is installed. Where an author has @types/node, and names it in tsconfig.json, those come first.
 */
export const nodeTypes: ReadonlyArray<readonly [file: string, text: string]> = [
  [
    "test.d.ts",
    `type Body = () => unknown

export declare function test(name: string, body: Body): Promise<void>
export declare function describe(name: string, body: () => void): Promise<void>
export declare const it: typeof test
export declare function before(body: Body): void
export declare function after(body: Body): void
export declare function beforeEach(body: Body): void
export declare function afterEach(body: Body): void
export default test

declare global {
  interface ImportMeta {
    dirname: string
    filename: string
  }
}
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
  partialDeepStrictEqual(actual: unknown, expected: unknown, message?: string | Error): void
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
  [
    "path.d.ts",
    `export declare function basename(path: string, suffix?: string): string
export declare function dirname(path: string): string
export declare function extname(path: string): string
export declare function isAbsolute(path: string): boolean
export declare function join(...parts: Array<string>): string
export declare function relative(from: string, to: string): string
export declare function resolve(...parts: Array<string>): string
export declare const sep: string
`,
  ],
  [
    "os.d.ts",
    `export declare function tmpdir(): string
`,
  ],
  [
    "crypto.d.ts",
    `type Encoding = "base64" | "base64url" | "hex"
type Content = string | Uint8Array | DataView

interface Digest {
  update(content: Content): this
  digest(encoding: Encoding): string
  digest(): Uint8Array<ArrayBuffer>
}

export declare function createHash(algorithm: string): Digest
export declare function createHmac(algorithm: string, key: Content): Digest
export declare function hash(algorithm: string, content: Content, encoding?: Encoding): string
export declare function randomUUID(): string
export declare function randomBytes(size: number): Uint8Array<ArrayBuffer> & { toString(encoding?: Encoding): string }
export declare function timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean
`,
  ],
  [
    "fs.d.ts",
    `export type Path = string | URL
export type Text = "utf8" | "utf-8" | "latin1" | { readonly encoding: "utf8" | "utf-8" | "latin1" }
export type Bytes = Uint8Array<ArrayBuffer> & { toString(encoding?: "utf8" | "latin1" | "base64" | "hex"): string }

export interface Stats {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  readonly size: number
  readonly ino: number
  readonly mtimeMs: number
  readonly mtime: Date
  readonly birthtimeMs: number
  readonly birthtime: Date
}

export interface Dirent {
  readonly name: string
  readonly parentPath: string
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

export declare function existsSync(path: Path): boolean
export declare function readFileSync(path: Path, encoding: Text): string
export declare function readFileSync(path: Path): Bytes
export declare function readdirSync(path: Path, options: { readonly withFileTypes: true; readonly recursive?: boolean }): Array<Dirent>
export declare function readdirSync(path: Path, options?: { readonly recursive?: boolean }): Array<string>
export declare function statSync(path: Path): Stats
export declare function createReadStream(path: Path, encoding: "utf8"): AsyncIterable<string>
export declare function createReadStream(path: Path): AsyncIterable<Bytes>

// For tests: a connector writes no files.
export declare function mkdirSync(path: Path, options?: { readonly recursive?: boolean }): string | undefined
export declare function mkdtempSync(prefix: string): string
export declare function rmSync(path: Path, options?: { readonly recursive?: boolean; readonly force?: boolean }): void
export declare function utimesSync(path: Path, accessed: number | Date, modified: number | Date): void
export declare function writeFileSync(path: Path, content: string | Uint8Array): void
`,
  ],
  [
    "fs-promises.d.ts",
    `import type { Bytes, Dirent, Path, Stats, Text } from "./fs"

export declare function access(path: Path): Promise<void>
export declare function readFile(path: Path, encoding: Text): Promise<string>
export declare function readFile(path: Path): Promise<Bytes>
export declare function readdir(path: Path, options: { readonly withFileTypes: true; readonly recursive?: boolean }): Promise<Array<Dirent>>
export declare function readdir(path: Path, options?: { readonly recursive?: boolean }): Promise<Array<string>>
export declare function stat(path: Path): Promise<Stats>
export declare function lstat(path: Path): Promise<Stats>
export declare function realpath(path: Path): Promise<string>
`,
  ],
]
