import type { InboundModel, UserModel } from "../../model/config-model.ts";
import { stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { ConfigTarget } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { repeated } from "./users-index.ts";
import { inboundName, listed, named } from "./users-wording.ts";

/**
 * Who gets the bytes where two users share a secret; "any" by chance (a walk through a Go map), nobody where the core
 * refuses that. Socks and http go by name.
 */
const winners: Readonly<Record<"v2ray" | "sing-box", ReadonlyMap<string, "first" | "last" | "any" | "nobody">>> = {
  v2ray: new Map([
    ["vmess", "last"],
    ["vless", "last"],
    ["trojan", "last"],
    ["shadowsocks", "first"],
  ]),
  "sing-box": new Map([
    ["vmess", "any"],
    ["vless", "last"],
    ["trojan", "nobody"],
    ["shadowsocks", "any"],
  ]),
};

export const userIdDuplicate: Rule = {
  id: "user-id-duplicate",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray", "sing-box"],
  summary: "Two users of one inbound have the same id or password.",
  consequence: "One of them gets all the traffic that comes with it, the other none.",
  fix: "Give each user an id or password of his own.",
  evidence: "measured",
  check({ target, inbounds }, report) {
    for (const inbound of inbounds) {
      const winner = winners[target === "sing-box" ? "sing-box" : "v2ray"].get(inbound.protocol);
      if (winner === undefined) continue;
      for (const users of sharingSecret(target, inbound)) {
        const [first, second] = users as [UserModel, UserModel];
        const last = users.at(-1) as UserModel;
        const key = second.secretNode?.key ?? "id";
        report({
          at: second.secretNode as ConfigNode,
          message: `${users.length} users of ${inboundName(inbound)} have the same ${key}: ${namesText(users)}`,
          consequence: consequenceOf(winner, winner === "first" ? first : last),
        });
      }
    }
  },
};

function namesText(users: readonly UserModel[]): string {
  return listed(users.slice(0, 3).map(nameOf), users.length);
}

function consequenceOf(winner: "first" | "last" | "any" | "nobody", user: UserModel): string {
  if (winner === "nobody") return "The core refuses to start: `user already exists`.";
  if (winner === "any") return "Chance decides at each connection whose counter moves.";
  return `All that comes with it is counted for ${nameOf(user)}, nothing for the others.`;
}

function nameOf({ name }: UserModel): string {
  return name === undefined ? "one without a name" : named(name);
}

/** The users of an inbound that the core cannot tell apart. */
function sharingSecret(target: ConfigTarget, { protocol, users }: InboundModel): UserModel[][] {
  const secretOf = ({ secretNode }: UserModel): string | undefined => stringOf(secretNode) || undefined;
  if (protocol !== "vmess" && protocol !== "vless") return repeated(users, secretOf);
  const idOf = (user: UserModel): string | undefined => plainId(secretOf(user));
  if (target !== "xray" || protocol === "vmess") return repeated(users, idOf);
  // Xray's vless does not look at bytes 7 and 8. The ends of the ids alone leave hardly anyone to look at closely.
  return repeated(users, (user) => idOf(user)?.slice(18)).flatMap((alike) => {
    return repeated(alike, (user) => idOf(user)?.replace(/^(.{14}).{4}/, "$1"));
  });
}

/** An id in lower case with its dashes; other texts, which some cores make an id of, as they are. */
function plainId(text: string | undefined): string | undefined {
  if (text?.length === 36) return text.toLowerCase();
  if (text === undefined || !/^[\da-fA-F]{32}$/.test(text)) return text;
  return text.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
