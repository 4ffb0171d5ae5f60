import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:net";
import type { HttpHandler } from "./handler.ts";
import { requestBody } from "./request-body.ts";

/** Answers a request of Node's own HTTP server, or of a framework that stands on it. */
export type NodeListener = (message: IncomingMessage, response: ServerResponse) => void;

// How long a client may go on with a body that is not wanted, to hear why.
const lingerMs = 2000;

/**
 * Makes a listener for Node's HTTP server, Express or Fastify of a fetch-style handler. Nothing may have read the body
 * before it. `serveHandler` is a whole server with limits against slow clients.
 */
export function createNodeListener(handler: HttpHandler): NodeListener {
  return (message, response) => {
    // Such as a header that HTTP cannot carry.
    answer(handler, message, response).catch(() => response.destroy());
  };
}

async function answer(handler: HttpHandler, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  message.on("error", () => {}); // the body's reader hears of it
  response.on("error", () => {});
  const request = requestOf(message, gone.signal);
  const answered =
    request === undefined
      ? new Response("not a request\n", { status: 400 })
      : await handler(request, { remoteAddress: message.socket.remoteAddress }).catch(
          () => new Response("failed\n", { status: 500 }),
        );
  const body = Buffer.from(await answered.arrayBuffer());
  response.statusCode = answered.status;
  for (const [name, value] of answered.headers) response.setHeader(name, value);
  // An answer to HEAD has the headers of a body that does not come.
  if (body.length > 0 || (message.method !== "HEAD" && answered.status !== 304 && answered.status !== 204))
    response.setHeader("content-length", body.length);
  // A connection that is kept would hold up the end of a server that closes.
  if ("server" in message.socket && (message.socket.server as Server | null)?.listening === false)
    response.setHeader("connection", "close");
  if (message.complete || response.destroyed) {
    response.end(body);
    return;
  }
  // The rest of the body is not wanted. To close now would tear the answer from the client's hands.
  response.setHeader("connection", "close");
  response.write(body);
  message.removeAllListeners("data"); // whose reader would make it wait
  message.resume();
  await Promise.race([
    new Promise((resolve) => message.once("close", resolve).once("end", resolve)),
    new Promise((resolve) => setTimeout(resolve, lingerMs).unref()),
  ]);
  response.end();
}

/** Undefined for what cannot be one of the web's. */
function requestOf(message: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = "GET", url = "", rawHeaders } = message;
  if (!url.startsWith("/")) return undefined;
  try {
    const headers = new Headers();
    for (let at = 0; at < rawHeaders.length; at += 2)
      headers.append(rawHeaders[at] as string, rawHeaders[at + 1] as string);
    const hasBody = method !== "GET" && method !== "HEAD";
    // The path's double slash must not become a host.
    return new Request(`http://${message.headers.host ?? "localhost"}${url}`, {
      method,
      headers,
      signal,
      ...(hasBody && { body: requestBody(message), duplex: "half" as const }),
    });
  } catch {
    return undefined;
  }
}
