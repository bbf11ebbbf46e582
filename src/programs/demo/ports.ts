import { createServer, type AddressInfo } from "node:net"

/** The port, if nobody listens there; 0 is any. */
export const freePort = (wanted: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(null))
    server.listen(wanted, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
