import { isSocket } from "../check/rules/api-inbound-parts.ts";
import { isLoopback } from "../check/rules/routing-addresses.ts";
import type { ConfigModel, InboundModel } from "../model/config-model.ts";
import { memberAt, stringOf } from "../syntax/lookup.ts";
import { isAtLeast } from "../target.ts";

/** Where a text of `listen` makes an API listen. */
export interface ListenPlace {
  /** As `StatsClient` takes it. */
  readonly address: string;
  /** Others than this machine reach it. */
  readonly isPublic: boolean;
}

/** Reads `listen` of an API that listens by itself; `undefined` where the core would not start with it. */
export function listenPlaceOf({ target, version }: ConfigModel, listen: string): ListenPlace | undefined {
  if (isSocket(listen)) {
    const isKnown = target === "xray" && isAtLeast(version, "26.5.3");
    return isKnown ? { address: `unix:${listen}`, isPublic: false } : undefined;
  }
  const match = /^(?:\[([\da-f:.]+)\]|([^:\s]*)):(\d{1,5})$/i.exec(listen);
  const port = Number(match?.[3] ?? 0);
  if (match === null || port < 1 || port > 65_535) return undefined;
  const host = match[1] ?? (match[2] as string);
  const isPublic = !isLoopback(host);
  return { address: /^[0:.]*$/.test(host) ? `127.0.0.1:${port}` : listen, isPublic };
}

/** Where an inbound that leads to the API listens, as `StatsClient` takes it; `undefined` where it has no port. */
export function doorAddressOf({ listen, ports, stream }: InboundModel): string | undefined {
  if (isSocket(listen)) return `unix:${listen}`;
  const [range] = ports;
  if (range === undefined) return undefined;
  const host = listen === undefined || /^[0:.]*$/.test(listen) ? "127.0.0.1" : listen;
  const scheme = stringOf(memberAt(stream, "security"))?.toLowerCase() === "tls" ? "https://" : "";
  return `${scheme}${host.includes(":") ? `[${host}]` : host}:${range.from}`;
}
