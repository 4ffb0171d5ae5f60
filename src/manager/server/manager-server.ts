import { type ServedHandler, type ServeHandlerOptions, serveHandler } from "../../http/serve-handler.ts";
import { parseListenAddress } from "../../internal/listen-address.ts";
import { isLoopback } from "../../internal/loopback.ts";
import { createManagerHandler, type ManagerHandlerOptions } from "./manager-handler.ts";

/**
 * Serves {@link createManagerHandler}. Over plain HTTP, which needs `insecureListen` where others can reach it, put a
 * TLS front before it.
 *
 * @throws TypeError or RangeError for wrong options, and where others could reach it and `apiKeys` is `"none"`; Node's
 * own error where the address is not to be had.
 */
export async function startManagerServer(
  options: ManagerHandlerOptions,
  where: ServeHandlerOptions,
): Promise<ServedHandler> {
  const { host } = parseListenAddress(where.listen);
  if (options.apiKeys === "none" && !isLoopback(host))
    throw new TypeError(`whoever reaches ${host} could ask and reset: give API keys, or listen on 127.0.0.1`);
  return serveHandler(createManagerHandler(options), where);
}
