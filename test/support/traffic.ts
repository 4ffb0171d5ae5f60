import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";

/** A small HTTP server on 127.0.0.1 whose every byte is known. */
export interface Target extends AsyncDisposable {
  readonly port: number;
}

/** How many bytes a transfer carried, as a core counts them for its user. */
export interface Transfer {
  readonly uplink: number;
  readonly downlink: number;
}

// The sizes of curl's requests and the answers in the measurements the tests compare with.
const downloadRequest = 87;
const downloadAnswer = 118;
const uploadRequest = 106;
const uploadAnswer = 113;

/** Starts the server that {@link download} and {@link upload} ask. */
export async function startTarget(): Promise<Target> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    answer(socket).catch(() => socket.destroy());
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

async function answer(socket: Socket): Promise<void> {
  const reader = new Reader(socket);
  const head = await reader.head();
  const [method, path = ""] = head.split(" ");
  const bytes = Number(path.slice(1));
  if (method === "POST") await reader.skip(bytes);
  const length = method === "POST" ? 0 : bytes;
  const headers = `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nConnection: close\r\n`;
  socket.write(pad(headers, method === "POST" ? uploadAnswer : downloadAnswer));
  await send(socket, length);
  socket.end();
}

/**
 * Fetches `bytes` from the target through a SOCKS5 proxy, in one connection of its own, and checks that they all came.
 *
 * @returns What a core counts for the user: 87 up, 118 + `bytes` down.
 */
export async function download(socksPort: number, target: Target, bytes: number): Promise<Transfer> {
  const { socket, reader } = await connectThrough(socksPort, target.port);
  try {
    socket.write(pad(`GET /${bytes} HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\n`, downloadRequest));
    await reader.skip(downloadAnswer + bytes);
    socket.end();
    await reader.end();
    return { uplink: downloadRequest, downlink: downloadAnswer + bytes };
  } finally {
    socket.destroy();
  }
}

/**
 * Sends `bytes` to the target through a SOCKS5 proxy, in one connection of its own.
 *
 * @returns What a core counts for the user: 106 + `bytes` up, 113 down.
 */
export async function upload(socksPort: number, target: Target, bytes: number): Promise<Transfer> {
  const { socket, reader } = await connectThrough(socksPort, target.port);
  try {
    const headers = `POST /${bytes} HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\nContent-Length: ${bytes}\r\n`;
    socket.write(pad(headers, uploadRequest));
    await send(socket, bytes);
    await reader.skip(uploadAnswer);
    socket.end();
    await reader.end();
    return { uplink: uploadRequest + bytes, downlink: uploadAnswer };
  } finally {
    socket.destroy();
  }
}

/**
 * Opens a connection to the target through a SOCKS5 proxy and keeps it: its request has begun, and never ends.
 *
 * @returns The open connection; it ends when it is disposed of.
 */
export async function holdConnection(socksPort: number, target: Target): Promise<AsyncDisposable> {
  const { socket } = await connectThrough(socksPort, target.port);
  socket.write("GET /0 HTTP/1.1\r\n");
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    },
  };
}

async function connectThrough(socksPort: number, port: number): Promise<{ socket: Socket; reader: Reader }> {
  const socket = createConnection({ host: "127.0.0.1", port: socksPort });
  const reader = new Reader(socket);
  await once(socket, "connect");
  // Two ways to authenticate are offered (none, password), as curl does: 14 bytes up and 12 down before the payload.
  socket.write(Uint8Array.of(5, 2, 0, 2));
  expectBytes(await reader.take(2), [5, 0]);
  socket.write(Uint8Array.of(5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255));
  expectBytes((await reader.take(10)).subarray(0, 2), [5, 0]);
  return { socket, reader };
}

function expectBytes(got: Uint8Array, want: readonly number[]): void {
  if (want.some((byte, index) => got[index] !== byte)) throw new Error(`The SOCKS proxy answered ${[...got]}`);
}

/** Ends the head of a message, at exactly this size. */
function pad(headers: string, size: number): string {
  const filler = size - headers.length - "X: \r\n\r\n".length;
  if (filler < 0) throw new RangeError(`${headers.length} bytes of headers do not fit into ${size}`);
  return `${headers}X: ${"x".repeat(filler)}\r\n\r\n`;
}

async function send(socket: Socket, bytes: number): Promise<void> {
  const chunk = new Uint8Array(65536);
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!socket.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(socket, "drain");
  }
}

/** Takes a socket's bytes in portions. */
class Reader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(socket: Socket) {
    this.#chunks = socket.iterator({ destroyOnReturn: false });
  }

  async take(bytes: number): Promise<Uint8Array> {
    while (this.#rest.length < bytes) this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  async skip(bytes: number): Promise<void> {
    let left = bytes - this.#rest.length;
    let last = this.#rest;
    while (left > 0) {
      last = await this.#next();
      left -= last.length;
    }
    this.#rest = last.subarray(last.length + left);
  }

  async head(): Promise<string> {
    let text = "";
    while (!text.endsWith("\r\n\r\n")) text += String.fromCharCode(...(await this.take(1)));
    return text;
  }

  async end(): Promise<void> {
    const { done } = await this.#chunks.next();
    if (done !== true || this.#rest.length > 0) throw new Error("More bytes came than were asked for");
  }

  async #next(): Promise<Uint8Array> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw new Error("The connection ended early");
    return value;
  }
}
