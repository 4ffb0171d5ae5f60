import { isLoopback } from "../../internal/loopback.ts";

/** Options of {@link parseReceiverUrl}. */
export interface ReceiverUrlOptions {
  /**
   * What may be sent without TLS: `loopback`, or `anywhere`, for a network that is protected by other means. Keys,
   * names and bytes are then readable on the way.
   *
   * @defaultValue "loopback"
   */
  readonly plainHttp?: "loopback" | "anywhere" | undefined;
}

/**
 * Checks where bodies are to be posted: `https:`, or `http:` on this machine.
 *
 * @throws TypeError where it is no such address, or holds a name and password: those belong into a header.
 */
export function parseReceiverUrl(address: string | URL, { plainHttp = "loopback" }: ReceiverUrlOptions = {}): URL {
  const url = parse(address);
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TypeError("not a receiver's address; write https://HOST/PATH"); // it may hold a key: not shown
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(`the address at ${url.host} holds a name and password; send them as a header`);
  }
  if (url.protocol === "http:" && plainHttp !== "anywhere" && !isLoopback(url.hostname)) {
    throw new TypeError(
      `http://${url.host} is not this machine: use https, or allow plain HTTP (allowInsecure, --insecure-hub)`,
    );
  }
  return url;
}

function parse(address: string | URL): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

// URL writes every form of an IPv4 address with four decimal numbers.
