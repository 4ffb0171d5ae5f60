import { once } from "node:events";
import { type AddressInfo, connect, type ListenOptions, type Server, type Socket } from "node:net";

/** A server of any protocol that ends with all its connections. */
export interface RawServer extends AsyncDisposable {
  /** `127.0.0.1:PORT`; empty on a Unix socket. */
  readonly address: string;
  /** How many connections it has accepted. */
  readonly accepted: number;
  /** How many are open. */
  readonly open: number;
}

/** Opens a server of `node:net`, `tls`, `http` or `http2`, by default on a free port of 127.0.0.1. */
export async function openServer(
  server: Server,
  place: ListenOptions = { host: "127.0.0.1", port: 0 },
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Clients break connections in many ways.
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  server.on("sessionError", () => {});
  await once(server.listen(place), "listening");
  return {
    address: typeof server.address() === "string" ? "" : `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A listener that passes connections on to `host:port`, bytes unseen; from an address of this machine. */
export function passTo(address: string, localAddress?: string): (socket: Socket) => void {
  const { hostname, port } = new URL(`tcp://${address}`);
  return (socket) => {
    socket.setNoDelay();
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true, localAddress });
    socket.on("error", () => {}).once("close", () => upstream.destroy());
    upstream.on("error", () => {}).once("close", () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  };
}
