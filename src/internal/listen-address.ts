import { isIPv4, isIPv6 } from "node:net";

/** Where to listen. */
export interface ListenAddress {
  /** An IP address, or `localhost`. */
  readonly host: string;
  /** 0 for one of the system's choice. */
  readonly port: number;
}

/**
 * Reads `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`.
 *
 * @throws TypeError where it is none.
 */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  const port = Number(digits);
  const known = bracketed === undefined ? isIPv4(host) || host === "localhost" : isIPv6(host);
  if (!known || !(port <= 65_535)) throw new TypeError(`not an address to listen at: ${text}; write 127.0.0.1:8080`);
  return { host, port };
}
