import { mostAtOnce } from "./paging.ts"

interface Operation {
  readonly operationId: string
  readonly parameters: ReadonlyArray<{ readonly name: string }>
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

/** What the definition of the API doesn't say of itself: who may ask, and that a number in an address is a number. */
export const toldInFull = (document: Record<string, any>): Record<string, any> => ({
  ...document,
  paths: mapValues(document["paths"] as Paths, (methods) => mapValues(methods, operation)),
  components: { ...document["components"], securitySchemes: { bearer } },
})

/** Where the server has no token, none is needed. */
const security = [{ bearer: [] }, {}]

const bearer = { type: "http", scheme: "bearer", description: "The server's token, where it was started with one" }

const limit = { type: "integer", minimum: 1, maximum: mostAtOnce }

const numbers = new Set(["limit", "last"])

const operation = (one: Operation) => ({
  ...one,
  parameters: one.parameters.map((each) => (numbers.has(each.name) ? { ...each, schema: limit } : each)),
  // A provider sends the browser there, which brings the key of its own sign-in.
  security: one.operationId === "connectors.signedIn" ? [] : security,
})

const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
