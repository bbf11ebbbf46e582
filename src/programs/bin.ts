// Runs on any Node: what it loads needs a newer one, and a syntax error would be a poor way to say so.
const major = Number(process.versions.node.split(".")[0])
if (major < 24) {
  process.stderr.write(`openislands needs Node 24 or newer; this is Node ${process.versions.node}.\n`)
  process.exit(1)
}
const start = async () => {
  if (process.argv[2] === "mcp") {
    const { isDetached, serveDetached } = await import("./mcp/launch.ts")
    if (!isDetached()) process.exit(await serveDetached())
  }
  const { enableCompileCache } = await import("node:module")
  enableCompileCache()
  // It takes signals in its own way, since its server and its provider have to end one after the other.
  if (process.argv[2] === "demo") await import("./demo.ts")
  else await import("./cli.ts")
}
void start()
