import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import type { Target } from "./traffic.ts";

/** A transfer through a socks or http inbound. */
export interface ProxyTraffic {
  readonly via: "socks" | "http";
  /** Where the inbound listens: a placeholder in a case. */
  readonly port: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** How much the target sends, beside a head of 118 bytes; default: 10,000. */
  readonly bytes?: number | undefined;
}

/** A transfer as a user of an inbound, by a client core of the same kind. */
export interface ClientTraffic {
  /** How the user is known; or `outbound`, the client core's whole outbound. */
  readonly user?: ClientUser | undefined;
  /** In the language of the client core; its ports may be placeholders. */
  readonly outbound?: object | undefined;
  readonly bytes?: number | undefined;
}

/** A user of an inbound with plain TCP. */
export type ClientUser = { readonly port: number } & (
  | { readonly protocol: "vmess" | "vless"; readonly id: string }
  | { readonly protocol: "trojan"; readonly password: string }
  | { readonly protocol: "shadowsocks"; readonly method: string; readonly password: string }
);

const headBytes = 118;

/** Fetches bytes from the target through a proxy; rejects where they do not all come within 10 s. */
export async function fetchThrough(traffic: ProxyTraffic, target: Target): Promise<void> {
  const { bytes = 10_000 } = traffic;
  const socket = createConnection({ host: "127.0.0.1", port: traffic.port, signal: AbortSignal.timeout(10_000) });
  socket.on("error", () => undefined); // it comes out of `chunks`
  const chunks = socket.iterator({ destroyOnReturn: false });
  try {
    await once(socket, "connect");
    await (traffic.via === "socks" ? socksConnect : httpConnect)(socket, chunks, traffic, target.port);
    socket.write(`GET /${bytes} HTTP/1.1\r\n\r\n`);
    let left = headBytes + bytes;
    while (left > 0) left -= (await next(chunks)).length;
    if (left < 0) throw new Error(`${-left} bytes more came than were asked for`);
  } finally {
    socket.destroy();
  }
}

type Chunks = AsyncIterator<Buffer>;

async function next(chunks: Chunks): Promise<Buffer> {
  const { value, done } = await chunks.next();
  if (done === true) throw new Error("the connection ended early");
  return value;
}

/** The answers of the hand-shake come one to a chunk: nothing else is under way. */
async function socksConnect(socket: Socket, chunks: Chunks, traffic: ProxyTraffic, port: number): Promise<void> {
  const { user, password = "" } = traffic;
  const way = user === undefined ? 0 : 2;
  socket.write(Uint8Array.of(5, 1, way));
  expectBytes(await next(chunks), [5, way]);
  if (user !== undefined) {
    const [name, secret] = [Buffer.from(user), Buffer.from(password)];
    socket.write(Buffer.concat([Uint8Array.of(1, name.length), name, Uint8Array.of(secret.length), secret]));
    expectBytes(await next(chunks), [1, 0]);
  }
  socket.write(Uint8Array.of(5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255));
  expectBytes(await next(chunks), [5, 0]);
}

async function httpConnect(socket: Socket, chunks: Chunks, traffic: ProxyTraffic, port: number): Promise<void> {
  const { user, password = "" } = traffic;
  const secret = Buffer.from(`${user}:${password}`).toString("base64");
  const authorization = user === undefined ? "" : `Proxy-Authorization: Basic ${secret}\r\n`;
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${authorization}\r\n`);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) head += (await next(chunks)).toString("latin1");
  if (!/^HTTP\/1\.[01] 200 /.test(head)) throw new Error(`the proxy answered ${JSON.stringify(head.slice(0, 60))}`);
}

function expectBytes(got: Buffer, want: readonly number[]): void {
  if (want.some((byte, index) => got[index] !== byte)) throw new Error(`the SOCKS proxy answered ${[...got]}`);
}
