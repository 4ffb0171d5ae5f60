import type { SecureClientSessionOptions } from "node:http2";
import { connect as connectSocket } from "node:net";
import { secureOptions, type TlsOptions } from "../internal/tls-options.ts";

/** Where a core's API is and how to get there. */
export interface Endpoint {
  /** As it was given, without a password that somebody may have put in: for messages. */
  readonly name: string;
  /** What HTTP/2 takes for the origin. */
  readonly origin: string;
  readonly sessionOptions: SecureClientSessionOptions;
}

/**
 * Understands an address: `host:port`, `[::1]:port`, `unix:/path`, `unix:@abstract`, `http://host:port`,
 * `https://host:port`.
 *
 * @throws TypeError where it is none of these.
 */
export function parseEndpoint(address: string, tls?: TlsOptions | undefined): Endpoint {
  if (typeof address !== "string") throw new TypeError(`an address must be text, not ${address}`);
  if (address.startsWith("unix:")) return socketEndpoint(address, tls);
  const secure = address.startsWith("https://");
  const url = parseUrl(secure || address.startsWith("http://") ? address : `http://${address}`);
  const plain = url && url.username === "" && url.password === "" && url.pathname === "/" && !url.search && !url.hash;
  if (!plain || url.hostname === "" || url.port === "0") throw wrongAddress(address);
  // URL leaves out the port where it is the protocol's own.
  if (url.port === "" && !secure && !/:80\/?$/.test(address)) throw wrongAddress(address);
  if (tls && !secure) throw new TypeError(`tls options need an https:// address, not ${url.host}`);
  return {
    name: secure ? url.origin : `${url.hostname}:${url.port || 80}`,
    origin: url.origin,
    sessionOptions: secure ? secureOptions(tls) : {},
  };
}

function socketEndpoint(address: string, tls: TlsOptions | undefined): Endpoint {
  const path = address.slice("unix:".length);
  const abstract = path.startsWith("@");
  if (path === "" || path === "@" || path.includes("\0")) throw wrongAddress(address);
  if (tls) throw new TypeError(`tls options need an https:// address, not ${address}`);
  const socketPath = abstract ? `\0${path.slice(1)}` : path;
  return {
    name: address,
    origin: "http://localhost",
    sessionOptions: { createConnection: () => connectSocket({ path: socketPath }) },
  };
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function wrongAddress(address: string): TypeError {
  // What stands before an "@" may be a password; not in the name of an abstract socket.
  const shown = address.replace(/^(https?:\/\/)?(?!unix:).*@/s, "$1…@");
  return new TypeError(`not an address: "${shown}"; write host:port, unix:/path, unix:@name or https://host:port`);
}
