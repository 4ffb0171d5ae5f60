import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";

/**
 * Sends a request to `authority`, such as `[::1]:80`, through an HTTP proxy on 127.0.0.1.
 *
 * @returns How many bytes came back from behind the proxy: `wanted`, more, or fewer where the connection ended.
 */
export async function askThroughProxy(
  proxyPort: number,
  authority: string,
  request: string,
  wanted: number,
): Promise<number> {
  const socket = createConnection({ host: "127.0.0.1", port: proxyPort });
  socket.setTimeout(10_000, () => socket.destroy());
  let received = Buffer.alloc(0);
  let answered = 0;
  try {
    await once(socket, "connect");
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      const head = received.indexOf("\r\n\r\n") + 4;
      if (head < 4) continue;
      if (answered === 0) socket.write(request);
      answered = head;
      if (received.length - head >= wanted) break;
    }
  } catch {
    // Refused, reset or silent: nothing more came.
  } finally {
    socket.destroy();
  }
  return answered === 0 ? 0 : received.length - answered;
}

/** A SOCKS server on 127.0.0.1 that leads every connection to one port, wherever it wanted to go. */
export interface Upstream extends AsyncDisposable {
  readonly port: number;
}

/** Starts an {@link Upstream}. */
export async function startUpstream(leadsTo: number): Promise<Upstream> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    // One chunk each: the other side waits for the answer.
    socket.once("data", () => {
      socket.write(Uint8Array.of(5, 0));
      socket.once("data", () => {
        const target = createConnection({ host: "127.0.0.1", port: leadsTo });
        sockets.add(target.on("error", () => undefined));
        socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
        socket.pipe(target).pipe(socket);
      });
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), "close");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
