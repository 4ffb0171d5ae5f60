import type { Scope } from "../../names/stat-name.ts";
import type { ConfigTarget } from "../target.ts";
import type { MutualTls } from "./api-options.ts";
import type { RouteOptions } from "./build-options.ts";
import type { XrayInboundOptions } from "./inbound-options.ts";
import type { ModernOutboundOptions } from "./outbound-options.ts";

/** An address and a port. */
export interface PortPlace {
  readonly host: string;
  readonly port: number;
}

/** Where the API is, with nothing left open. */
export interface ApiPlan {
  /** Empty for sing-box, which has no outbound for its API. */
  readonly tag: string;
  /** Empty where the core listens for its API itself. */
  readonly inboundTag: string;
  readonly place: PortPlace | { readonly socket: string };
  readonly tls: MutualTls | undefined;
}

/** An inbound of any target; Xray's say all that the others say. */
export type PlannedInbound = XrayInboundOptions & { readonly tag: string };

/** An outbound of any target. */
export type PlannedOutbound = ModernOutboundOptions & { readonly tag: string };

/** The statistics of a configuration, with nothing left open. */
export interface BlocksPlan {
  readonly target: ConfigTarget;
  readonly api: ApiPlan;
  readonly scopes: ReadonlySet<Scope>;
  readonly levels: readonly number[];
  readonly online: boolean;
  /** What is counted; V2Ray and Xray need not be told. */
  readonly counted: Readonly<Record<"inbounds" | "outbounds" | "users", readonly string[]>>;
  /** Where connections to this machine go to end; `undefined` where they are let through. */
  readonly loopback: { readonly networks: readonly string[]; readonly outbound: string } | undefined;
}

/** A whole configuration, with nothing left open. */
export interface ConfigPlan extends BlocksPlan {
  readonly inbounds: readonly PlannedInbound[];
  readonly outbounds: readonly PlannedOutbound[];
  readonly routes: readonly RouteOptions[];
}
