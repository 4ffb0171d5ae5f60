import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Another address of a server on 127.0.0.1. */
export interface SecondAddress extends AsyncDisposable {
  readonly address: string;
}

/** Passes what comes to a new port on to a server. */
export async function openSecondAddress(address: string): Promise<SecondAddress> {
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), "close");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
