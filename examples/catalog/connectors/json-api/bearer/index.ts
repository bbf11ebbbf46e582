import { defineConnector } from "@openislands/connector-kit"
import { config, outputs, pull } from "../pull.ts"

/** For a second API with a token of its own, copy this directory and name another key. */
export default defineConnector({
  description: "Rows of any JSON API behind a token, by configuration alone",
  config,
  auth: { type: "bearer", data: { tokenEnv: "JSON_API_TOKEN" } },
  outputs,
  sync: pull,
})
