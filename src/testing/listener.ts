import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Fault } from "./fault.ts";
import { closeServer, formatAddress, listen } from "./loopback-server.ts";

/** How a connection ends: with a word (GOAWAY) or without, the latter by FIN or by RST. */
export type Disconnection = "goaway" | "fin" | "reset";

/** A call as it came. */
export interface IncomingCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** The connection below. */
  readonly socket: Socket;
}

/** What a listener asks of its owner. */
export interface ListenerHooks {
  /** Whether the fourth ping in a row brings GOAWAY. */
  readonly limitsPings: boolean;
  /** The fault that a new connection meets: it is closed without a byte. `undefined` for one that is served. */
  readonly takeNoAnswer: () => Fault | undefined;
  /** Answers a call. */
  readonly onCall: (call: IncomingCall) => Promise<void>;
}

const maxPings = 3;

/** HTTP/2 without TLS on a port that stays the same when it stops and starts. */
export class Listener {
  readonly #host: string;
  readonly #hooks: ListenerHooks;
  readonly #tcp: Server;
  // Never listens: it is handed the connections, so that the sockets below the sessions can be cut.
  readonly #http2 = createServer({
    settings: { maxFrameSize: 16_384 },
    // Cores answer any number of large tables at once.
    maxSessionMemory: 4096,
  });
  readonly #connections = new Map<Socket, ServerHttp2Session | undefined>();
  #port: number;

  constructor(host: string, port: number, hooks: ListenerHooks) {
    this.#host = host;
    this.#port = port;
    this.#hooks = hooks;
    this.#tcp = createTcpServer((socket) => this.#accept(socket));
    this.#http2.on("sessionError", () => {});
  }

  get address(): string {
    return formatAddress(this.#host, this.#port);
  }

  async start(): Promise<void> {
    if (!this.#tcp.listening) this.#port = await listen(this.#tcp, this.#host, this.#port);
  }

  async stop(): Promise<void> {
    const closed = closeServer(this.#tcp);
    this.drop();
    await closed;
  }

  /** Closes all sockets at once, as the end of a process does. */
  drop(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  disconnect(how: Disconnection): void {
    for (const [socket, session] of this.#connections) {
      if (how === "fin") socket.end();
      else if (how === "reset") socket.resetAndDestroy();
      else session?.close();
    }
  }

  #accept(socket: Socket): void {
    this.#connections.set(socket, undefined);
    socket.once("close", () => this.#connections.delete(socket));
    // A client may vanish at any time.
    socket.on("error", () => {});
    const fault = this.#hooks.takeNoAnswer();
    if (fault === undefined) this.#serve(socket);
    else endAfter(socket, fault.latencyMs ?? 0);
  }

  #serve(socket: Socket): void {
    this.#http2.once("session", (session) => {
      this.#connections.set(socket, session);
      // Source of the ping rule: grpc-go, internal/transport/http2_server.go, handlePing
      let pings = 0;
      session.on("ping", () => {
        pings += 1;
        if (pings > maxPings && this.#hooks.limitsPings) complain(session, socket);
      });
      session.on("stream", async (stream, headers) => {
        await this.#hooks.onCall({ stream, headers, socket });
        pings = 0;
      });
    });
    this.#http2.emit("connection", socket);
  }
}

function complain(session: ServerHttp2Session, socket: Socket): void {
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, undefined, Buffer.from("too_many_pings"));
  setImmediate(() => socket.end());
}

/** Swallows what a client says, then closes. */
function endAfter(socket: Socket, ms: number): void {
  socket.resume();
  const timer = setTimeout(() => socket.end(), ms);
  socket.once("close", () => clearTimeout(timer));
}
