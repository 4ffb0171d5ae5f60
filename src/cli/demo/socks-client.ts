import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Who connects where. */
export interface SocksOptions {
  readonly user: string;
  readonly password: string;
  /** The port on 127.0.0.1 to be connected with. */
  readonly targetPort: number;
}

const version = 5;
const byPassword = 2;

/**
 * Connects through a SOCKS 5 proxy on 127.0.0.1, with user and password (RFC 1928, RFC 1929).
 *
 * @throws Error where the proxy refuses.
 */
export async function connectThroughSocks(port: number, { user, password, targetPort }: SocksOptions): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    await ask(socket, [version, 1, byPassword], 2);
    await ask(socket, [1, ...withLength(user), ...withLength(password)], 2);
    await ask(socket, [version, 1, 0, 1, 127, 0, 0, 1, targetPort >> 8, targetPort & 255], 10);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.on("error", () => socket.destroy());
  return socket;
}

async function ask(socket: Socket, request: readonly number[], answerLength: number): Promise<void> {
  socket.write(Uint8Array.from(request));
  let answer: Buffer | null = null;
  while (answer === null) {
    await once(socket, "readable", { signal: AbortSignal.timeout(5000) });
    answer = socket.read(answerLength) as Buffer | null;
    if (answer === null && socket.readableEnded) break;
  }
  const code = answer?.[1];
  if (code !== 0 && code !== byPassword) throw new Error(`the SOCKS proxy refused, code ${code ?? "none"}`);
}

function withLength(text: string): number[] {
  const bytes = [...Buffer.from(text)];
  return [bytes.length, ...bytes];
}
