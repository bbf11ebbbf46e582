// The whole page: what there is comes from /api/connectors, and /api/events says when to look again.
const list = document.getElementById("connectors")
const template = document.getElementById("connector")
const items = new Map()
const running = new Map()

const ask = async (path, init) => {
  const response = await fetch(path, init)
  const body = await response.json()
  if (response.status === 401) location.assign("/login")
  if (!response.ok) throw Object.assign(new Error(body.error.message), { suggestion: body.error.suggestion })
  return body
}

const pathOf = (name, rest) => `/api/connectors/${encodeURIComponent(name)}${rest}`
const post = (name, rest) => ask(pathOf(name, rest), { method: "POST" })

const showProblem = (error) => {
  const line = document.getElementById("problem")
  line.hidden = error === null
  line.textContent = error === null ? "" : [error.message, error.suggestion].filter(Boolean).join(" ")
}

const act = (button, action) =>
  button.addEventListener("click", async () => {
    button.disabled = true
    try {
      await action()
      showProblem(null)
    } catch (error) {
      showProblem(error)
    } finally {
      button.disabled = false
    }
  })

const itemOf = (name) => {
  if (items.has(name)) return items.get(name)
  const item = template.content.firstElementChild.cloneNode(true)
  const find = (selector) => item.querySelector(selector)
  find("h2").textContent = name
  act(find(".connect"), async () => location.assign((await post(name, "/auth/start")).authorizeUrl))
  act(find(".disconnect"), async () => void (await post(name, "/auth/disconnect")))
  act(find(".sync"), async () => void (await post(name, "/sync")))
  items.set(name, item)
  return item
}

const stateOf = (connector) => {
  if (running.has(connector.name)) {
    const rows = Object.values(running.get(connector.name)).reduce((sum, one) => sum + one, 0)
    return rows === 0 ? "running" : `running, ${rows.toLocaleString()} rows so far`
  }
  if (connector.running !== null) return "running in another process"
  if (connector.loadError !== null) return "does not load"
  if (connector.missingSecrets.length > 0) return `needs ${connector.missingSecrets.join(", ")} in .env`
  return connector.connected ? "connected" : "not connected"
}

const shown = new Map()

const show = (connector) => {
  shown.set(connector.name, connector)
  const item = itemOf(connector.name)
  const find = (selector) => item.querySelector(selector)
  find(".description").textContent = connector.description ?? ""
  find(".state").textContent = stateOf(connector)
  find(".last").textContent = connector.lastSync === null ? "never" : new Date(connector.lastSync).toLocaleString()
  const error = connector.loadError ?? connector.lastError
  find(".error").hidden = error === null
  find(".message").textContent = error?.message ?? ""
  find(".suggestion").textContent = error?.suggestion ?? ""
  const signsIn = connector.auth === "oauth2"
  find(".connect").hidden = !signsIn || connector.connected
  find(".disconnect").hidden = !signsIn || !connector.connected
  for (const part of item.querySelectorAll(".redirect")) part.hidden = !signsIn
  return item
}

const showRedirectUri = async (item, { name, auth }) => {
  if (auth !== "oauth2") return
  const { redirectUri } = await ask(pathOf(name, ""))
  item.querySelector("code").textContent = redirectUri
}

const refresh = async () => {
  try {
    const { connectors } = await ask("/api/connectors")
    const shownNow = connectors.map(show)
    // Whoever is at a button stays there.
    const isSame = shownNow.length === list.children.length && shownNow.every((item, at) => item === list.children[at])
    if (!isSame) list.replaceChildren(...shownNow)
    document.getElementById("empty").hidden = connectors.length > 0
    showProblem(null)
    await Promise.all(connectors.map((connector) => showRedirectUri(itemOf(connector.name), connector)))
  } catch (error) {
    showProblem(error)
  }
}

// Many things may happen at once; looking again once is enough.
let timer = null
const refreshSoon = () => {
  timer ??= setTimeout(() => {
    timer = null
    void refresh()
  }, 100)
}

const showLine = (connector, text) => {
  const log = itemOf(connector).querySelector(".log")
  log.hidden = false
  log.textContent = `${log.textContent}${text}\n`.split("\n").slice(-200).join("\n")
  log.scrollTop = log.scrollHeight
}

const on = (event) => {
  const { type, connector } = event
  if (type === "line") return showLine(connector, event.text)
  if (type === "progress") {
    running.set(connector, event.rows)
    if (shown.has(connector)) show(shown.get(connector))
    return
  }
  if (type === "hello") {
    running.clear()
    for (const run of event.underWay) running.set(run.connector, run.rows)
  }
  if (type === "started") {
    running.set(connector, {})
    itemOf(connector).querySelector(".log").textContent = ""
  }
  if (type === "finished") running.delete(connector)
  refreshSoon()
}

const live = document.getElementById("live")

// The browser tries again by itself, unless the server has answered that it doesn't want to.
const follow = () => {
  const events = new EventSource("/api/events")
  events.addEventListener("open", () => (live.textContent = "live"))
  events.addEventListener("message", ({ data }) => on(JSON.parse(data)))
  events.addEventListener("error", () => {
    live.textContent = "not connected to the server; trying again ..."
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 5_000)
  })
}

follow()
void refresh()
