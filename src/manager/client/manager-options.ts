import { timerMs } from "../../internal/timer-ms.ts";
import type { ManagerError } from "../manager-error.ts";
import type { ManagerGeneration } from "../traffic-stats.ts";
import { checkAddress, checkApiKey, checkWhole } from "./check-arguments.ts";
import type { ManagerFallback } from "./generation-walk.ts";
import { ManagerConnection } from "./manager-connection.ts";
import { managerFailures } from "./manager-failures.ts";
import type { ManagerFetch } from "./manager-fetch.ts";
import { createNodeFetch, type ManagerTlsOptions } from "./node-fetch.ts";
import { routes } from "./routes.ts";

/** Where a client reports what it hides from nobody; `console` fits, and so do most loggers. */
export interface ManagerLogger {
  /** Takes a failure, a fallback, or that an old answer is served. No text holds the API key. */
  warn(message: string, error?: ManagerError): void;
}

/** How long an old answer may stand in for a new one. */
export interface ManagerStaleOptions {
  /** Milliseconds since it came. */
  readonly maxAgeMs: number;
}

/** Options of {@link ManagerClient}. */
export interface ManagerClientOptions {
  /** The server's API key. */
  readonly apiKey: string;
  /**
   * How the key is sent: as `X-API-Key`, or as `Authorization: Bearer`, which the newest servers want.
   *
   * @defaultValue `"x-api-key"`
   */
  readonly auth?: "x-api-key" | "bearer" | undefined;
  /**
   * Sends the requests.
   *
   * @defaultValue Node's HTTP client: no redirects, no kept connections, no proxy to loopback
   */
  readonly fetch?: ManagerFetch | undefined;
  /** For an `https://` address without a `fetch` of your own: whom to trust and who we are. */
  readonly tls?: ManagerTlsOptions | undefined;
  /**
   * How long a call may take where it does not say, all its requests together.
   *
   * @defaultValue 30_000
   */
  readonly timeoutMs?: number | undefined;
  /** Stops every call of this client; they then reject with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The largest answer to take, in bytes; counted while it comes.
   *
   * @defaultValue 4_194_304
   */
  readonly maxBytes?: number | undefined;
  /**
   * The generations to ask, in this order.
   *
   * @defaultValue `["simple", "port-exact", "exact", "newest"]`
   */
  readonly generations?: readonly ManagerGeneration[] | undefined;
  /** Hears of every failure, fallback and old answer. */
  readonly logger?: ManagerLogger | undefined;
  /** Is told each time another generation is asked, and why. What it throws ends the call. */
  readonly onFallback?: ((fallback: ManagerFallback) => void) | undefined;
  /**
   * Serves the last good answer to the same question, marked `stale`, for this long while the server cannot be read.
   * Not where it answers that the key is wrong or the question is.
   *
   * @defaultValue off: every failure is thrown
   */
  readonly stale?: ManagerStaleOptions | undefined;
}

/** Options of every call. */
export interface ManagerCallOptions {
  /** Stops the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take, all its requests together.
   *
   * @defaultValue the client's `timeoutMs`
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of {@link ManagerClient.resetKeyTraffic}. */
export interface ManagerResetOptions extends ManagerCallOptions {
  /**
   * Whose reset to ask for; never chosen by what a read found.
   *
   * @defaultValue `"simple"`
   */
  readonly generation?: ManagerGeneration | undefined;
}

const allGenerations = Object.keys(routes) as readonly ManagerGeneration[];

/** What the options mean. */
export interface CheckedOptions {
  readonly address: string;
  readonly connection: ManagerConnection;
  readonly timeoutMs: number;
  readonly generations: readonly ManagerGeneration[];
}

/** Checks the options, and makes the connection that they describe. */
export function checkClientOptions(address: string | URL, options: ManagerClientOptions): CheckedOptions {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object with apiKey");
  const { auth = "x-api-key", fetch, tls, timeoutMs = 30_000, generations = allGenerations } = options;
  const url = checkAddress(address);
  const apiKey = checkApiKey(options.apiKey);
  if (tls && fetch) throw new TypeError("tls is for the client's own fetch; give yours its TLS options itself");
  if (tls && url.protocol !== "https:") throw new TypeError("tls needs an https:// address");
  if (auth !== "x-api-key" && auth !== "bearer") throw new TypeError(`auth is "x-api-key" or "bearer", not ${auth}`);
  const unknown = generations.find((each) => !allGenerations.includes(each));
  if (unknown !== undefined || generations.length === 0) throw new TypeError(`no generation: ${unknown}`);
  const connection = new ManagerConnection(url.href, {
    headers: {
      Accept: "application/json",
      ...(auth === "bearer" ? { Authorization: `Bearer ${apiKey}` } : { "X-API-Key": apiKey }),
    },
    fetch: fetch ?? createNodeFetch(tls),
    maxBytes: checkWhole("maxBytes", options.maxBytes ?? 4 * 1024 * 1024),
    failures: managerFailures(url.href, apiKey),
  });
  return { address: url.href, connection, timeoutMs: timerMs("timeoutMs", timeoutMs), generations };
}
