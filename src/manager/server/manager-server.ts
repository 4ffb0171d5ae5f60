import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isLoopback } from "../../internal/loopback.ts";
import { createManagerHandler, type ManagerHandler, type ManagerHandlerOptions } from "./manager-handler.ts";

/** Where to listen. */
export interface ManagerListen {
  /**
   * A name or an address of this machine.
   *
   * @defaultValue `"127.0.0.1"`
   */
  readonly host?: string | undefined;
  /** A port; 0 lets the system choose one. */
  readonly port: number;
}

/** A server that listens, until it is closed. */
export interface ManagerServer extends AsyncDisposable {
  /** What a client is given, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Ends it, and what is being answered; twice does no harm. */
  close(): Promise<void>;
}

/**
 * Serves {@link createManagerHandler} over plain HTTP; for the outside put a TLS front before it.
 *
 * @throws TypeError or RangeError for wrong options, and where others could reach it and `apiKeys` is `"none"`; Node's
 * own error where the address is not to be had.
 */
export async function startManagerServer(
  options: ManagerHandlerOptions,
  listen: ManagerListen,
): Promise<ManagerServer> {
  const { host = "127.0.0.1", port } = listen;
  if (options.apiKeys === "none" && !isLoopback(host))
    throw new TypeError(`whoever reaches ${host} could ask and reset: give API keys, or listen on 127.0.0.1`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError(`not a port: ${port}`);
  const handler = createManagerHandler(options);
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    // The other end may go at any time, and that is its own affair.
    void answer(handler, request, response).catch(() => response.destroy());
  });
  server.listen(port, host);
  await once(server, "listening");
  const { address, family, port: bound } = server.address() as AddressInfo;
  let closed: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closed ??= once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function answer(handler: ManagerHandler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  // No request here has a body that matters.
  incoming.resume();
  const request = requestOf(incoming);
  if (request === undefined) {
    outgoing.writeHead(400, { "Content-Type": "application/json" }).end('{"detail":"Bad Request"}');
    return;
  }
  const response = await handler(request, { address: incoming.socket.remoteAddress });
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    headers[name] = value;
  });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 304 && response.status !== 204 && incoming.method !== "HEAD")
    headers["content-length"] = `${body.length}`;
  outgoing.writeHead(response.status, headers).end(body);
}

/** `undefined` where it is no request for a path. */
function requestOf({ method = "GET", url = "", headers }: IncomingMessage): Request | undefined {
  if (!url.startsWith("/")) return undefined;
  try {
    const entries = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(", ")] as [string, string]],
    );
    return new Request(`http://${headers.host ?? "localhost"}${url}`, { method, headers: entries });
  } catch {
    return undefined;
  }
}
