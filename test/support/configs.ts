import type { CoreKind } from "./real-cores.ts";
import { singBoxConfig } from "./sing-box-config.ts";
import { v2rayConfig } from "./v2ray-config.ts";

/** A core's configuration and where it will listen. */
export interface CoreConfig {
  /** What goes into the file. */
  readonly json: object;
  /** The API as `StatsClient` takes it: `127.0.0.1:PORT`, `unix:/path`, `unix:@name` or `https://127.0.0.1:PORT`. */
  readonly apiAddress: string;
  /** All it listens on: ports of 127.0.0.1, paths of Unix sockets. */
  readonly listens: readonly (number | string)[];
}

/**
 * How the API is reached: a port of 127.0.0.1 in the way every version of the core knows; Xray's `api.listen`; a Unix
 * socket (a path, or `@name`); or a port with TLS.
 */
export type ApiWay =
  | "port"
  | "listen"
  | { readonly unix: string }
  | { readonly tls: { readonly certificateFile: string; readonly keyFile: string } };

/** What both sides of a loop can be told. */
export interface ApiOptions {
  /** Default: "port". sing-box knows no other; "listen" is Xray's alone. */
  readonly api?: ApiWay | undefined;
  /** False leaves out the routing rule that leads to the API; sing-box has none. */
  readonly routed?: boolean | undefined;
  /** False leaves out `stats`. */
  readonly stats?: boolean | undefined;
  /** Default: StatsService alone; sing-box has no such list. */
  readonly services?: readonly string[] | undefined;
}

/** Options of {@link serverConfig}. */
export interface ServerOptions extends ApiOptions {
  /** Where the API listens (unused on a Unix socket), and the inbound "vmess-in". */
  readonly ports: { readonly api: number; readonly vmess: number };
  /** E-mails of the users of "vmess-in"; default: "auser" and "buser". */
  readonly users?: readonly string[] | undefined;
  /** Tags of outbounds that nothing is routed to, beside "direct"; two counters each, on sing-box none. */
  readonly extraOutbounds?: readonly string[] | undefined;
  /** Users who leave by another outbound than "direct". */
  readonly routes?: readonly UserRoute[] | undefined;
}

/** All of a user's traffic goes to the outbound. */
export interface UserRoute {
  readonly user: string;
  readonly outbound: string;
}

/** Options of {@link clientConfig}. */
export interface ClientOptions extends ApiOptions {
  /** Where the API listens (unused on a Unix socket), the inbound "socks-in", and the server's "vmess-in". */
  readonly ports: { readonly api: number; readonly socks: number; readonly vmess: number };
  /** Which of the server's users this is; default: the first. */
  readonly userIndex?: number | undefined;
  /** Address that the connections to the server come from; sing-box knows none. */
  readonly sendThrough?: string | undefined;
}

/** The side that counts its users: "vmess-in" leads to "direct". */
export function serverConfig(kind: CoreKind, options: ServerOptions): CoreConfig {
  const { ports, extraOutbounds = [], routes = [] } = options;
  const users = (options.users ?? ["auser", "buser"]).map((email, index) => ({ email, id: userId(index) }));
  const side = { side: "server", port: ports.vmess, users, extraOutbounds, routes } as const;
  return (kind === "sing-box" ? singBoxConfig : v2rayConfig)(kind, ports.api, side, options);
}

/** The side that programs connect to: "socks-in" leads to "vmess-out". */
export function clientConfig(kind: CoreKind, options: ClientOptions): CoreConfig {
  const { ports, userIndex = 0, sendThrough } = options;
  const id = userId(userIndex);
  const side = { side: "client", port: ports.socks, serverPort: ports.vmess, id, sendThrough } as const;
  return (kind === "sing-box" ? singBoxConfig : v2rayConfig)(kind, ports.api, side, options);
}

/** Tags for a large table on V2Ray and Xray: two counters each. V2Ray 5 takes a minute to start with 50,000. */
export function numberedTags(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `out-${String(index).padStart(6, "0")}`);
}

/** What a core does between its inbound and its outbound. */
export type Side =
  | {
      readonly side: "server";
      readonly port: number;
      readonly users: readonly { readonly email: string; readonly id: string }[];
      readonly extraOutbounds: readonly string[];
      readonly routes: readonly UserRoute[];
    }
  | {
      readonly side: "client";
      readonly port: number;
      readonly serverPort: number;
      readonly id: string;
      readonly sendThrough: string | undefined;
    };

function userId(index: number): string {
  return `e731f153-4f31-49d3-9e8f-${(0xff8f396135ef - index).toString(16)}`;
}
