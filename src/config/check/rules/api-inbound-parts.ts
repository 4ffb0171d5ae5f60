import type { ConfigModel, InboundModel } from "../../model/config-model.ts";
import { isTrue, itemsOf, member, stringListOf, stringOf } from "../../syntax/lookup.ts";
import { isAtLeast } from "../../target.ts";
import { apiLanguage } from "./api-words.ts";
import { isLoopback } from "./routing-addresses.ts";
import type { Connection } from "./routing-conditions.ts";

/** Whether an inbound passes on what comes to it, as the API's inbound should. */
export function isDokodemo({ protocol }: InboundModel): boolean {
  return protocol === "dokodemo-door" || protocol === "dokodemo" || protocol === "tunnel";
}

/** Whether an inbound asks for a password before it lets anybody on: `http` with accounts. */
export function asksPassword({ protocol, settings }: InboundModel): boolean {
  return protocol === "http" && itemsOf(member(settings, "accounts")).length > 0;
}

/** Whether a `listen` is a Unix socket. */
export function isSocket(listen: string | undefined): boolean {
  return listen !== undefined && /^[/@]/.test(listen);
}

/** Whether Xray takes the inbound's own port for a missing `settings.port`. */
export function ownPortIsDefault({ target, version }: ConfigModel): boolean {
  return target === "xray" && isAtLeast(version, "25.8.3");
}

/** Where dokodemo-door passes connections on to: its `settings.address`. */
export function addressOf({ settings }: InboundModel): string | undefined {
  return stringOf(member(settings, "address")) || undefined;
}

/** The `settings.port` of dokodemo-door; 0 is as good as none. */
export function portSettingOf({ settings }: InboundModel): number | undefined {
  const node = member(settings, "port");
  return node?.kind === "number" && node.value !== 0 ? (node.value as number) : undefined;
}

/** The networks that dokodemo-door listens on, in lower case. */
export function networksOf({ settings }: InboundModel, target: ConfigModel["target"]): readonly string[] {
  const node = member(settings, apiLanguage(target).network);
  if (node === undefined || node.kind === "null") return ["tcp"];
  return (stringListOf(node) ?? []).map((name) => name.trim().toLowerCase());
}

/** How TLS is set up on an inbound; `undefined` where it is not. */
export function tlsOf({ stream }: InboundModel): { readonly settings: ReturnType<typeof member> } | undefined {
  const security = stringOf(member(stream, "security"))?.toLowerCase();
  if (security !== "tls") return undefined;
  return { settings: member(stream, "tlsSettings") ?? member(stream, "securitySettings") };
}

/** What the routing rules see of a call that comes in by an inbound for the API. */
export function apiCallBy(inbound: InboundModel, model: ConfigModel): Connection {
  const { tag, listen = "", ports, node, protocol } = inbound;
  const isHttp = protocol === "http";
  const [first] = ports;
  const localPort = ports.length === 1 && first?.from === first?.to ? first?.from : undefined;
  const wanted = portSettingOf(inbound) ?? (ownPortIsDefault(model) ? localPort : 0);
  return {
    inboundTag: tag,
    network: isSocket(listen) ? "unix" : "tcp",
    host: isHttp ? undefined : (addressOf(inbound) ?? (model.target === "xray" ? "127.0.0.1" : undefined)),
    port: isHttp ? undefined : wanted,
    source: isLoopback(listen) ? "127.0.0.1" : undefined,
    localPort,
    user: isHttp ? "maybe" : "no",
    sniffed: isTrue(member(member(node, "sniffing"), "enabled")) ? "maybe" : "no",
    attributes: isHttp ? "maybe" : "no",
  };
}
