import { itemsOf, member, stringOf } from "../../syntax/lookup.ts";
import type { Rule } from "../rule.ts";
import { inboundName } from "./users-wording.ts";

export const jsonv5ShortUsers: Rule = {
  id: "jsonv5-short-users",
  severity: "error",
  targets: ["v2ray5-jsonv5"],
  summary: "The short form of an inbound lists its users as bare ids, which have no names.",
  consequence: "There are no user counters for this inbound.",
  fix: "Write the full form: `#v2ray.core.proxy.vmess.inbound.Config`, with `user` and an `email` for each.",
  evidence: "measured",
  check({ inbounds }, report) {
    for (const inbound of inbounds) {
      if (stringOf(inbound.protocolNode)?.startsWith("#")) continue;
      const users = member(inbound.settings, "users");
      const count = itemsOf(users).filter(({ kind }) => kind === "string").length;
      if (users === undefined || count === 0) continue;
      const who = count === 1 ? "its user has" : `its ${count} users have`;
      report({ at: users, message: `${inboundName(inbound)} is written in the short form, so ${who} no name` });
    }
  },
};

export const jsonv5PolicyNoStats: Rule = {
  id: "jsonv5-policy-no-stats",
  severity: "error",
  targets: ["v2ray5-jsonv5"],
  summary: "`services.policy.system` is there without `stats` inside.",
  consequence: "The core ends with a Go panic, exit code 2, also in its own check.",
  fix: "Add `stats` with the flags you want, or take `system` out.",
  evidence: "measured",
  check({ policy: { systemNode } }, report) {
    const stats = member(systemNode, "stats");
    if (systemNode?.kind !== "object" || (stats !== undefined && stats.kind !== "null")) return;
    report({
      at: systemNode,
      onKey: true,
      message: `"services.policy.system" has no "stats"`,
      edit: (editor) => editor.set(systemNode, ["stats"], {}),
    });
  },
};
