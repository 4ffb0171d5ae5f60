import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A server on 127.0.0.1 for the demo's bytes. */
export interface DemoTarget extends AsyncDisposable {
  readonly port: number;
}

const chunk = new Uint8Array(1 << 14);

/** Starts a server that takes a line with a number, and answers with so many bytes. */
export async function startDemoTarget(): Promise<DemoTarget> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // The demo's end breaks connections.
    socket.on("error", () => socket.destroy());
    socket.once("data", (line) => answer(socket, Number.parseInt(line.toString("latin1"), 10)));
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(socket: Socket, bytes: number): void {
  for (let left = bytes; left > 0; left -= chunk.length) socket.write(chunk.subarray(0, Math.min(left, chunk.length)));
  socket.end();
}

/** Asks the target for bytes on an open connection, and sends some; ends with the connection. */
export async function transfer(socket: Socket, sizes: { readonly up: number; readonly down: number }): Promise<void> {
  socket.write(`${sizes.down}\n`);
  for (let left = sizes.up; left > 0; left -= chunk.length)
    socket.write(chunk.subarray(0, Math.min(left, chunk.length)));
  socket.end();
  socket.resume();
  await once(socket, "close");
}
