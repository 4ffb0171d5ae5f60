import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * Asks the system for free ports of 127.0.0.1, all different. Another process may take one before it is used: who
 * starts something on them must be ready to ask again.
 */
export async function freePorts<const Names extends readonly string[]>(
  ...names: Names
): Promise<Record<Names[number], number>> {
  const servers = names.map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server, index) => [names[index], (server.address() as AddressInfo).port]);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return Object.fromEntries(ports);
}
