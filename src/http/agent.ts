import { Agent, type AgentOptions, globalAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { Duplex } from "node:stream";
import { isLoopback } from "../internal/loopback.ts";

/** What a request may ask of an agent made here. */
export interface OpeningOptions {
  /** Is told of a connection that begins: Node gives it to the request only once a proxy has let it through. */
  readonly onOpening?: ((connection: Duplex) => void) | undefined;
}

class TellingAgent extends SecureAgent {
  override createConnection(
    ...[options, ready]: Parameters<SecureAgent["createConnection"]>
  ): Duplex | null | undefined {
    const connection = super.createConnection(options, ready);
    if (connection) (options as OpeningOptions).onOpening?.(connection);
    return connection;
  }
}

/**
 * Makes the holder of connections to an address. Whether the environment's proxies apply is what Node itself was told
 * (`NODE_USE_ENV_PROXY`); never on the way to this machine.
 */
export function createAgent(url: URL, { keepAlive }: { readonly keepAlive: boolean }): Agent {
  const options: AgentOptions = { keepAlive, ...(!isLoopback(url.hostname) && nodesProxies()) };
  return url.protocol === "https:" ? new TellingAgent(options) : new Agent(options);
}

/** Node tells its decision by its global agent only, and types do not know of it. */
function nodesProxies(): { readonly proxyEnv?: NodeJS.ProcessEnv } {
  const { options } = globalAgent as unknown as { readonly options: { readonly proxyEnv?: NodeJS.ProcessEnv } };
  return options.proxyEnv === undefined ? {} : { proxyEnv: options.proxyEnv };
}
