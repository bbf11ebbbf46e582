import type { ServerResponse } from "node:http"
import type { Walk } from "./walks.ts"

export const htmlTo = (response: ServerResponse, html: string): void =>
  void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html)

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 40rem; margin: 0 auto; padding: 2rem 1rem }
  button { font: inherit; padding: 0.4rem 1rem; margin: 0 0.5rem 0.5rem 0 }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #8884 }
  .numeric { text-align: right }
  .quiet { opacity: 0.75 }
</style>
<h1>${title}</h1>
${body}
</html>
`

/** `origin` is who asks. */
export const consentPage = (uid: string, origin: string): string =>
  page(
    "May OpenIslands see your walks?",
    `<p>You are signed in as <strong>Robin</strong> at Skerry Walks, the demo's provider.</p>
<p>OpenIslands at <strong>${origin}</strong> asks to read your walks and weeks, until you take that back.</p>
<form method="post" action="/consent/${uid}">
<button name="answer" value="allow" autofocus>Allow</button>
<button name="answer" value="deny">Deny</button>
</form>`,
  )

/** What a provider's own users see, and what they can do there. */
export const homePage = (walks: ReadonlyArray<Walk>, now: string): string =>
  page(
    "The demo's provider",
    `<p>It makes up tides, ferries, waves, and the walks of Robin. Here it is <strong>${now.slice(11, 16)} UTC</strong>.</p>
<h2>Make something happen</h2>
<form method="post" action="/correct"><button>Correct the newest walk</button>
<span class="quiet">makes it a kilometre longer</span></form>
<form method="post" action="/advance"><button>Let an hour pass</button>
<span class="quiet">new readings, walks and departures, and delays</span></form>
<p>The next sync brings it: click Sync now in the dashboard, or wait for a minute.</p>
<h2>Robin's newest walks</h2>
<table><tr><th>Walk</th><th class="numeric">km</th><th class="numeric">Steps</th></tr>
${walks.map(({ title, km, steps }) => `<tr><td>${title}</td><td class="numeric">${km}</td><td class="numeric">${steps ?? "not counted yet"}</td></tr>`).join("\n")}
</table>`,
  )
