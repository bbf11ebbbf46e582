import { defineConnector } from "@openislands/connector-kit"
import { config, outputs, pull } from "./pull.ts"

/** An API that wants no token. `bearer` beside it is the same for one that does. */
export default defineConnector({
  description: "Rows of any JSON API, by configuration alone",
  config,
  outputs,
  sync: pull,
})
