import { closeSync, openSync } from "node:fs"
import { expect, it } from "vitest"
import { SetAside } from "../../../src/layers/store/setAside.ts"

function* failing() {
  yield [{ id: 1 }]
  throw new Error("the disk fails")
}

it("rows that cannot be read to their end leave no file open", () => {
  const next = nextDescriptor()
  expect(() => new SetAside(failing())).toThrow("the disk fails")
  expect(nextDescriptor()).toBe(next)
})

/** A system gives the lowest number that is free. */
const nextDescriptor = (): number => {
  const descriptor = openSync(import.meta.filename, "r")
  closeSync(descriptor)
  return descriptor
}
