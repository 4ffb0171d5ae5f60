import { itemsOf, member, stringOf } from "../../syntax/lookup.ts";
import type { Rule } from "../rule.ts";
import { inboundName, type PlacedUser, usersText } from "./users-wording.ts";

export const singboxUserUnlisted: Rule = {
  id: "singbox-user-unlisted",
  severity: "warning",
  targets: ["sing-box"],
  summary: "A user of an inbound is not listed under `stats.users`.",
  consequence: "The user is not counted, without a word of warning.",
  fix: "List the name as the inbound has it; upper and lower case count, and there is no wildcard.",
  evidence: "measured",
  check({ inbounds, stats, api }, report) {
    if (api === undefined || stats?.kind !== "object") return;
    const list = member(stats, "users");
    const listed = new Set(itemsOf(list).map(stringOf));
    const unlisted: PlacedUser[] = [];
    const names = new Set<string>();
    for (const inbound of inbounds) {
      for (const user of inbound.users) {
        if (user.name === undefined || listed.has(user.name)) continue;
        unlisted.push({ user, inbound });
        names.add(user.name);
      }
    }
    if (unlisted.length === 0) return;
    report({
      at: list ?? stats,
      onKey: true,
      message: `${usersText(unlisted)} ${unlisted.length === 1 ? "is" : "are"} not listed under stats.users`,
      edit: (editor) => {
        if (list?.kind !== "array") editor.set(stats, ["users"], [...names]);
        else for (const name of names) editor.insert(list, list.children.length, name);
      },
    });
  },
};

export const singboxUserUnnamed: Rule = {
  id: "singbox-user-unnamed",
  severity: "warning",
  targets: ["sing-box"],
  summary: "A user of an inbound has no name.",
  consequence: "The user cannot be counted.",
  fix: "Give the user a `name` (`username` in socks, http, mixed and naive), and list it under `stats.users`.",
  evidence: "measured",
  check({ inbounds, api }, report) {
    if (api === undefined) return;
    for (const inbound of inbounds) {
      const unnamed = inbound.users.filter(({ node, name }) => name === undefined && node.kind === "object");
      const [first] = unnamed;
      if (first === undefined) continue;
      const who = unnamed.length === 1 ? "a user of" : `${unnamed.length} users of`;
      report({
        at: first.nameNode ?? first.node,
        message: `${who} ${inboundName(inbound)} ${unnamed.length === 1 ? "has" : "have"} no name`,
      });
    }
  },
};
