import { Agent, type AgentOptions, globalAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { isLoopback } from "../internal/loopback.ts";

/**
 * Makes the holder of connections to an address. Whether the environment's proxies apply is what Node itself was told
 * (`NODE_USE_ENV_PROXY`); never on the way to this machine.
 */
export function createAgent(url: URL, { keepAlive }: { readonly keepAlive: boolean }): Agent {
  const options: AgentOptions = { keepAlive, ...(!isLoopback(url.hostname) && nodesProxies()) };
  return url.protocol === "https:" ? new SecureAgent(options) : new Agent(options);
}

/** Node tells its decision by its global agent only, and types do not know of it. */
function nodesProxies(): { readonly proxyEnv?: NodeJS.ProcessEnv } {
  const { options } = globalAgent as unknown as { readonly options: { readonly proxyEnv?: NodeJS.ProcessEnv } };
  return options.proxyEnv === undefined ? {} : { proxyEnv: options.proxyEnv };
}
