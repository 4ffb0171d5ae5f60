import { Readable } from "node:stream";
import { sendRequest } from "../../http/send-request.ts";
import type { TlsOptions } from "../../internal/tls-options.ts";
import type { ManagerFetch, ManagerResponse } from "./manager-fetch.ts";

/** TLS of the connection to a manager. */
export interface ManagerTlsOptions extends TlsOptions {
  /**
   * `"off"` trusts whoever answers, as the Python client does: anyone on the way then reads the API key.
   *
   * @defaultValue `"on"`
   */
  readonly verify?: "on" | "off" | undefined;
}

/** A `fetch` that takes TLS options, follows no redirects, and goes to loopback directly, past all proxies. */
export function createNodeFetch(tls: ManagerTlsOptions | undefined): ManagerFetch {
  return async (url, request) => {
    // A connection is not kept: uvicorn closes idle ones after 5 s, and a reset lost in that race could not be repeated.
    const { status, headers, body } = await sendRequest(new URL(url), request, { tls, verify: tls?.verify });
    return { status, headers, body: Readable.toWeb(body) as ManagerResponse["body"] };
  };
}
