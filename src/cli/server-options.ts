import type { StatsClient, StatsClientOptions } from "../client/stats-client.ts";
import type { CliContext } from "./context.ts";
import { parseDuration } from "./parse-duration.ts";
import { readFlagFile } from "./read-flag-file.ts";
import { UsageError } from "./usage-error.ts";

/** Where a core's API is by custom. */
export const defaultServer = "127.0.0.1:10085";

/** The flags of every command that asks a core. */
export interface ServerOptions {
  readonly server: string;
  readonly timeout: string;
  readonly json?: true | undefined;
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsServerName?: string | undefined;
}

/** Runs a command's work with a client for the core of the flags, and closes it. */
export async function withCore<Result>(
  options: ServerOptions,
  work: (core: StatsClient) => Promise<Result>,
): Promise<Result> {
  const clientOptions = await readClientOptions(options);
  // Connect takes longer to load than the rest: only where a core is asked.
  const { StatsClient } = await import("../client/stats-client.ts");
  let core: StatsClient;
  try {
    // An empty V2RAY_STATS_SERVER is one that was not set.
    core = new StatsClient(options.server || defaultServer, clientOptions);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

/** The signal of the process, for every call. */
export function callOptions(context: CliContext): { signal: AbortSignal } {
  return { signal: context.signal };
}

/** What the flags say about clients. */
export async function readClientOptions(options: ServerOptions): Promise<StatsClientOptions> {
  const { tlsCa, tlsCert, tlsKey, tlsServerName } = options;
  const timeoutMs = parseDuration(options.timeout);
  if ([tlsCa, tlsCert, tlsKey, tlsServerName].every((value) => value === undefined)) return { timeoutMs };
  return {
    timeoutMs,
    tls: {
      ca: await readFlagFile("--tls-ca", tlsCa),
      cert: await readFlagFile("--tls-cert", tlsCert),
      key: await readFlagFile("--tls-key", tlsKey),
      serverName: tlsServerName,
    },
  };
}
