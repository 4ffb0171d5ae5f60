import { globalAgent, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { Readable } from "node:stream";
import { isLoopback } from "../../internal/loopback.ts";
import type { ManagerFetch, ManagerResponse } from "./manager-fetch.ts";

/** TLS of the connection to a manager. */
export interface ManagerTlsOptions {
  /** Certificate authorities to trust instead of Node's own, PEM; for a self-signed server its own certificate. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** Our own certificate chain, PEM, where the server asks for one. */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of our certificate, PEM. */
  readonly key?: string | Uint8Array | undefined;
  /**
   * The name to ask for and to verify.
   *
   * @defaultValue the host of the address
   */
  readonly serverName?: string | undefined;
  /**
   * `"off"` trusts whoever answers, as the Python client does: anyone on the way then reads the API key.
   *
   * @defaultValue `"on"`
   */
  readonly verify?: "on" | "off" | undefined;
}

/**
 * A `fetch` over Node's own HTTP clients, because Node's own `fetch` takes no TLS options. It follows no redirects,
 * keeps no connections, and goes to loopback directly, whatever proxy the process was told to use.
 */
export function createNodeFetch(base: URL, tls: ManagerTlsOptions | undefined): ManagerFetch {
  // A connection is not kept: uvicorn closes idle ones after 5 s, and a reset lost in that race could not be repeated.
  const options = { keepAlive: false, ...(!isLoopback(base.hostname) && proxyOptions()) };
  const secure = base.protocol === "https:";
  const send = secure ? requestHttps : requestHttp;
  const agent = secure ? new HttpsAgent({ ...options, ...secureOptions(tls) }) : new HttpAgent(options);
  return (url, { method, headers, signal }) =>
    new Promise((resolve, reject) => {
      const request = send(url, { method, headers, signal, agent }, (answer) => resolve(responseOf(answer)));
      request.on("error", reject);
      request.end();
    });
}

function responseOf(answer: IncomingMessage): ManagerResponse {
  return {
    status: answer.statusCode ?? 0,
    headers: { get: (name) => [answer.headers[name.toLowerCase()] ?? []].flat().join(", ") || null },
    body: Readable.toWeb(answer) as ManagerResponse["body"],
  };
}

/** Node's own decision about the environment's proxies (`NODE_USE_ENV_PROXY`), as its global agent carries it. */
function proxyOptions(): { proxyEnv?: NodeJS.ProcessEnv } {
  const { options } = globalAgent as unknown as { readonly options: { readonly proxyEnv?: NodeJS.ProcessEnv } };
  return options.proxyEnv === undefined ? {} : { proxyEnv: options.proxyEnv };
}

function secureOptions(tls: ManagerTlsOptions = {}): object {
  const { ca, cert, key, serverName, verify } = tls;
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(verify === "off" && { rejectUnauthorized: false }),
  };
}
