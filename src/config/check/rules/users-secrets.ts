import type { InboundModel, UserModel } from "../../model/config-model.ts";
import { plainId, type SecretWinner, secretWinner } from "../../model/shared-secrets.ts";
import { stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { ConfigTarget } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { repeated } from "./users-index.ts";
import { inboundName, listed, named } from "./users-wording.ts";

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
      const winner = secretWinner(inbound, target);
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

function consequenceOf(winner: SecretWinner, user: UserModel): string {
  if (winner === "nobody") return "The core refuses to start: `user already exists`.";
  if (winner === "chance") return "Chance decides at each connection whose counter moves.";
  return `All that comes with it is counted for ${nameOf(user)}, nothing for the others.`;
}

function nameOf({ name }: UserModel): string {
  return name === undefined ? "one without a name" : named(name);
}

/** The users of an inbound that the core cannot tell apart. */
function sharingSecret(target: ConfigTarget, { protocol, users }: InboundModel): UserModel[][] {
  const secretOf = ({ secretNode }: UserModel): string | undefined => stringOf(secretNode) || undefined;
  if (protocol !== "vmess" && protocol !== "vless") return repeated(users, secretOf);
  const idOf = (user: UserModel): string | undefined => {
    const secret = secretOf(user);
    return secret === undefined ? undefined : plainId(secret);
  };
  if (target !== "xray" || protocol === "vmess") return repeated(users, idOf);
  // Xray's vless does not look at bytes 7 and 8. The ends of the ids alone leave hardly anyone to look at closely.
  return repeated(users, (user) => idOf(user)?.slice(18)).flatMap((alike) => {
    return repeated(alike, (user) => idOf(user)?.replace(/^(.{14}).{4}/, "$1"));
  });
}
