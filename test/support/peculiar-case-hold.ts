import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { connect, createServer as createTlsServer } from "node:tls";
import type { Certificate } from "./certificates.ts";
import { until } from "./until.ts";

const portions = 20;
const portionBytes = 50_000;

/** What a connection gets before nothing more comes. */
export const heldBytes: number = portions * portionBytes;

/** Sends a portion for each message of a connection, and keeps it open. */
export async function startHolder(
  port: number,
  certificate?: Pick<Certificate, "cert" | "key">,
): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("data", () => socket.write(Buffer.alloc(portionBytes)));
  };
  const server = certificate === undefined ? createServer(serve) : createTlsServer(certificate, serve);
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), "close");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A connection that has got all of {@link heldBytes} and is still open. */
export async function heldConnection(port: number, tls: boolean): Promise<AsyncDisposable> {
  const place = { port, host: "127.0.0.1" };
  const socket = tls ? connect({ ...place, rejectUnauthorized: false }) : createConnection(place);
  socket.on("error", () => undefined);
  let received = 0;
  socket.on("data", (chunk) => {
    received += chunk.length;
  });
  for (let portion = 1; portion <= portions; portion++) {
    socket.write("x");
    await until(() => received >= portion * portionBytes);
  }
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    },
  };
}
