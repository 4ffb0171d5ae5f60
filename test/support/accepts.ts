import { once } from "node:events";
import { createConnection } from "node:net";

/** Whether a port of 127.0.0.1 or a Unix socket accepts a connection now. */
export async function accepts(place: number | string): Promise<boolean> {
  // A leading "@" is an abstract socket, which Node writes with a zero byte.
  const target = typeof place === "number" ? { port: place, host: "127.0.0.1" } : { path: place.replace(/^@/, "\0") };
  const socket = createConnection(target);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
