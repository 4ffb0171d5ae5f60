import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { parseListenAddress } from "../internal/listen-address.ts";
import { isLoopback } from "../internal/loopback.ts";
import type { HttpHandler } from "./handler.ts";
import { createNodeListener } from "./node-listener.ts";

/** Options of {@link serveHandler}. */
export interface ServeHandlerOptions {
  /** `HOST:PORT`, such as `127.0.0.1:8080` or `[::]:443`; port 0 for one of the system's choice. */
  readonly listen: string;
  /** Certificate and key, PEM. With `ca`, only clients with a certificate of it are let in. @defaultValue plain HTTP */
  readonly tls?: ServeTlsOptions | undefined;
  /** Plain HTTP may be reached from other machines: a proxy before it has the certificate. @defaultValue false */
  readonly insecureListen?: boolean | undefined;
  /** Ends it as `close` does. */
  readonly signal?: AbortSignal | undefined;
}

/** What a server shows to its clients. */
export interface ServeTlsOptions {
  /** Its certificate and those between it and the authority, PEM. */
  readonly cert: string | Buffer;
  /** The certificate's key, PEM. */
  readonly key: string | Buffer;
  /** Authorities of clients, PEM. @defaultValue clients need no certificate */
  readonly ca?: string | Buffer | undefined;
}

/** A handler that can be reached. */
export interface ServedHandler extends AsyncDisposable {
  /** Where, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes nothing new, and resolves once what was begun is answered: after 10 seconds at the latest. */
  close(): Promise<void>;
  /** Resolves when it is closed. */
  readonly closed: Promise<void>;
}

const headersTimeout = 10_000;
const requestTimeout = 60_000;
const idleTimeout = 120_000;
// 3x-ui before 3.6 keeps connections between its posts, and loses what it sends on one that is being closed.
const keepAliveTimeout = 90_000;
// For the cursor of totals over thousands of nodes.
const maxHeaderSize = 64 * 1024;
const closingMs = 10_000;

/**
 * Serves a handler over HTTP, or HTTPS with `tls`. Slow clients, long headers and connections that do nothing are ended.
 *
 * @throws TypeError for an address that is none, or can be reached from outside without TLS, and for a certificate that
 * cannot be used; the system's error where it cannot be listened at.
 */
export async function serveHandler(handler: HttpHandler, options: ServeHandlerOptions): Promise<ServedHandler> {
  const { listen, tls, insecureListen = false, signal } = options;
  const { host, port } = parseListenAddress(listen);
  if (tls === undefined && !insecureListen && !isLoopback(host))
    throw new TypeError(`${listen} can be reached from other machines: give it a certificate, or a proxy before it`);
  signal?.throwIfAborted();
  const settings = {
    maxHeaderSize,
    headersTimeout,
    requestTimeout,
    keepAliveTimeout,
    connectionsCheckingInterval: 5000,
  };
  const server: Server =
    tls === undefined
      ? createServer(settings)
      : newTlsServer({ ...settings, ...tls, requestCert: tls.ca !== undefined, minVersion: "TLSv1.2" });
  server.timeout = idleTimeout;
  server.on("request", createNodeListener(handler));
  // Those of TLS handshakes too, which `closeAllConnections` does not know.
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => resolve());
  });
  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  const close = (): Promise<void> => {
    if (server.listening) {
      server.close();
      server.closeIdleConnections();
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, closingMs);
      void closed.then(() => clearTimeout(late));
    }
    return closed;
  };
  const stop = (): void => void close();
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  void closed.then(() => signal?.removeEventListener("abort", stop));
  const { address, port: bound, family } = server.address() as AddressInfo;
  const shown = family === "IPv6" ? `[${address}]` : address;
  const url = `${tls === undefined ? "http" : "https"}://${shown}:${bound}`;
  return { url, close, closed, [Symbol.asyncDispose]: close };
}

/** OpenSSL's own words name neither certificate nor key. */
function newTlsServer(options: ServerOptions): Server {
  try {
    return createTlsServer(options);
  } catch (cause) {
    throw new TypeError(`not a certificate and its key, in PEM: ${(cause as Error).message}`, { cause });
  }
}
