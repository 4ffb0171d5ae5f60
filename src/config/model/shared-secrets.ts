import { member, stringOf } from "../syntax/lookup.ts";
import type { ConfigTarget } from "../target.ts";
import type { InboundModel } from "./config-model.ts";

/**
 * For whom a core counts where users of an inbound share a secret: by `chance` where it goes through a Go map, whose
 * order is random, for `nobody` where it refuses to start.
 */
export type SecretWinner = "first" | "last" | "chance" | "nobody";

const winners: ReadonlyMap<string, SecretWinner> = new Map([
  ["vmess", "last"],
  ["vless", "last"],
  ["trojan", "last"],
  ["shadowsocks", "first"],
]);

const singBoxWinners: ReadonlyMap<string, SecretWinner> = new Map([
  ["vmess", "chance"],
  ["vless", "last"],
  ["trojan", "nobody"],
  ["shadowsocks", "chance"],
]);

/** Says it for an inbound; `undefined` where names tell its users apart. Measured on all four cores. */
export function secretWinner({ protocol, settings }: InboundModel, target: ConfigTarget): SecretWinner | undefined {
  const is2022 = protocol === "shadowsocks" && stringOf(member(settings, "method"))?.startsWith("2022-") === true;
  if (is2022) return "last";
  return (target === "sing-box" ? singBoxWinners : winners).get(protocol);
}

/** An id in lower case with its dashes; other texts, which some cores make an id of, as they are. */
export function plainId(text: string): string {
  if (text.length === 36) return text.toLowerCase();
  if (!/^[\da-fA-F]{32}$/.test(text)) return text;
  return text.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
