import type { StatsConfigOptions } from "../../src/config/build/build-options.ts";
import { buildStatsConfig } from "../../src/config/build/build-stats-config.ts";
import type { Certificates } from "./certificates.ts";

/** What the options of any target say of an inbound. */
interface AnyInbound {
  readonly protocol: string;
  readonly port: number;
  readonly method?: string | undefined;
  readonly serverKey?: string | undefined;
  readonly tls?: object | undefined;
  readonly webSocket?: object | undefined;
  readonly users?: readonly AnyUser[] | undefined;
}

interface AnyUser {
  readonly email: string;
  readonly id?: string | undefined;
  readonly password?: string | undefined;
}

/** The way of a user, or of one who gives no name, through a configuration. */
export interface BuiltPath {
  readonly inbound: AnyInbound;
  readonly user: AnyUser | undefined;
  /** Of the inbound and of the outbound that the routes lead to. */
  readonly tags: { readonly inbound: string; readonly outbound: string };
}

/** What is built of options, whatever the target. */
interface AnyConfig {
  readonly inbounds: readonly { readonly tag: string }[];
  readonly outbounds: readonly { readonly tag: string }[];
}

/** Ways through each inbound, and of as many users as `most` allows. */
export function pathsOf(options: StatsConfigOptions, most: number): BuiltPath[] {
  const config = buildStatsConfig(options) as unknown as AnyConfig;
  const inbounds: readonly AnyInbound[] = options.inbounds;
  const ways = inbounds.map((inbound, index) => {
    const tag = config.inbounds[index]?.tag ?? "";
    const users: readonly (AnyUser | undefined)[] = inbound.users ?? [undefined];
    return users.map((user) => {
      return { inbound, user, tags: { inbound: tag, outbound: outboundOf(options, config, tag, user?.email) } };
    });
  });
  const rounds = Math.max(...ways.map(({ length }) => length));
  const inTurn = Array.from({ length: rounds }, (_, round) => ways.flatMap((each) => each[round] ?? []));
  return inTurn.flat().slice(0, most);
}

function outboundOf(options: StatsConfigOptions, config: AnyConfig, tag: string, email = ""): string {
  const { routes = [] } = options;
  const route = routes.find(
    ({ inbounds, users }) => (inbounds?.includes(tag) ?? true) && (users?.includes(email) ?? true),
  );
  return route?.outbound ?? config.outbounds[0]?.tag ?? "";
}

/** A client core with a socks inbound for each path, on port 20001 and on, that leads to the server's at `portOf`. */
export function clientOptions(
  target: StatsConfigOptions["target"],
  paths: readonly BuiltPath[],
  portOf: (port: number) => number,
  certificates: Certificates,
): StatsConfigOptions {
  const inbounds = paths.map((_, index) => ({ protocol: "socks", tag: `path-${index}`, port: 20_001 + index }));
  const outbounds = paths.map((path, index) => {
    return { ...remote(path, certificates), tag: `to-${index}`, host: "127.0.0.1", port: portOf(path.inbound.port) };
  });
  const routes = paths.map((_, index) => ({ inbounds: [`path-${index}`], outbound: `to-${index}` }));
  return { target, api: { port: 20_000 }, inbounds, outbounds, routes } as unknown as StatsConfigOptions;
}

function remote({ inbound, user }: BuiltPath, certificates: Certificates): object {
  const { protocol, method, serverKey, webSocket } = inbound;
  const tls = inbound.tls && { serverName: "core.test", authorityFile: certificates.ca.certificateFile };
  const { email, id, password } = user ?? {};
  switch (protocol) {
    case "vmess":
    case "vless":
      return { protocol, id, tls, webSocket };
    case "trojan":
      return { protocol, password, tls, webSocket };
    case "shadowsocks":
      return { protocol, method, password: serverKey === undefined ? password : `${serverKey}:${password}` };
    default:
      return { protocol, account: user && { username: email, password } };
  }
}
