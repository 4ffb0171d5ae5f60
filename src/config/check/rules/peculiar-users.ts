import type { ConfigModel, InboundModel, UserModel } from "../../model/config-model.ts";
import { itemsOf, member, memberAt, sameKey, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { isAtLeast } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { setUserFlags } from "./policy-flags.ts";
import { inboundName, named } from "./users-wording.ts";

/** Whether any user is counted at all: of sing-box, whether one is listed. */
function countsUsers({ target, policy, stats }: ConfigModel): boolean {
  if (target === "sing-box") return itemsOf(member(stats, "users")).length > 0;
  return [...policy.levels.values()].some(({ userUplink, userDownlink }) => userUplink || userDownlink);
}

/** Whether users of both levels are counted alike. */
function countAlike({ policy: { levels } }: ConfigModel, one: number, other: number): boolean {
  const [a, b] = [levels.get(one), levels.get(other)];
  return (
    (a?.userUplink ?? false) === (b?.userUplink ?? false) && (a?.userDownlink ?? false) === (b?.userDownlink ?? false)
  );
}

function isCounted({ policy }: ConfigModel, level: number): boolean {
  const entry = policy.levels.get(level);
  return entry !== undefined && (entry.userUplink || entry.userDownlink);
}

export const userNeedsPassword: Rule = {
  id: "user-needs-password",
  severity: "info",
  targets: ["v2ray4", "v2ray5", "xray", "sing-box"],
  summary: "A socks or http inbound lets everybody in, so it knows no users.",
  consequence: "There are no user counters for what comes in here.",
  fix: 'Give it accounts, whose names are counted; a socks inbound of V2Ray and Xray also needs `"auth": "password"`.',
  evidence: "measured",
  check(model, report) {
    if (!countsUsers(model)) return;
    for (const inbound of model.inbounds) {
      const { protocol, users, leadsToApi, node, protocolNode, settings } = inbound;
      if (!["socks", "http", "mixed"].includes(protocol) || users.length > 0 || leadsToApi) continue;
      if (stringOf(member(settings, "auth")) === "password") continue;
      report({
        at: protocolNode ?? node,
        message: `${inboundName(inbound)} asks for no password, so it counts no users`,
      });
    }
  },
};

export const vmessDetour: Rule = {
  id: "vmess-detour",
  severity: "warning",
  targets: ["v2ray4", "v2ray5"],
  summary: "A vmess inbound sends its users on to another port, where they are other users to the core.",
  consequence: "What a user moves is split between two counters, or partly counted nowhere.",
  fix: "Write emails in lower case, and give the level in the other inbound's `settings.default.level` the same flags.",
  evidence: "measured",
  check(model, report) {
    for (const inbound of model.inbounds) {
      const at = memberAt(inbound.settings, "detour", "to");
      const goal = model.inbounds.find(({ tag }) => tag !== undefined && tag === stringOf(at));
      if (inbound.protocol !== "vmess" || at === undefined || goal?.protocol !== "vmess") continue;
      const there = defaultLevelOf(goal);
      const users = usersSentOn(model, inbound, goal);
      const renamed = users.find(({ name = "" }) => name !== name.toLowerCase());
      const unlike = users.find(({ level }) => level !== undefined && !countAlike(model, level, there));
      const reasons = [
        renamed?.name && `${named(renamed.name)} is counted as ${named(renamed.name.toLowerCase())}`,
        unlike && `level ${there} holds, which is not counted like level ${unlike.level}`,
      ].filter(Boolean);
      if (reasons.length === 0) continue;
      report({
        at,
        message: `${inboundName(inbound)} sends its users on to ${inboundName(goal)}, where ${reasons.join(" and ")}`,
        edit:
          renamed === undefined && !isCounted(model, there)
            ? (editor) => setUserFlags(model, editor, there)
            : undefined,
      });
    }
  },
};

function defaultLevelOf({ settings }: InboundModel): number {
  const level = memberAt(settings, "default", "level")?.value;
  return typeof level === "number" ? level : 0;
}

/** The counted users of an inbound whom the other one does not list itself. */
function usersSentOn(model: ConfigModel, inbound: InboundModel, goal: InboundModel): UserModel[] {
  const own = new Set(goal.users.map(({ name }) => name?.toLowerCase()));
  const isCountedThere = isCounted(model, defaultLevelOf(goal));
  return inbound.users.filter(({ name, level = 0 }) => {
    return name !== undefined && !own.has(name.toLowerCase()) && (isCountedThere || isCounted(model, level));
  });
}

export const hysteriaUserLost: Rule = {
  id: "hysteria-user-lost",
  severity: "error",
  targets: ["xray"],
  summary: "Hysteria users are not counted while inbounds are, in Xray before 26.4.13.",
  consequence: "There are no user counters for this inbound.",
  fix: "Use Xray 26.4.13 or newer, or switch `statsInboundUplink` and `statsInboundDownlink` off.",
  evidence: "measured",
  check(model, report) {
    const { statsInboundUplink, statsInboundDownlink } = model.policy.system;
    if (isAtLeast(model.version, "26.4.13") || !(statsInboundUplink || statsInboundDownlink)) return;
    for (const inbound of model.inbounds) {
      const { protocol, protocolNode, node, tag, users } = inbound;
      if (protocol !== "hysteria" || tag === undefined) continue;
      const lost = users.filter(({ name, level = 0 }) => name !== undefined && isCounted(model, level));
      if (lost.length === 0) continue;
      const who = lost.length === 1 ? named(lost[0]?.name ?? "") : `${lost.length} users`;
      report({
        at: protocolNode ?? node,
        message: `${who} of ${inboundName(inbound)} cannot be counted while the inbound is`,
      });
    }
  },
};

/** The inbounds of shadowsocks with a method of 2022, and their lists of clients. */
function shadowsocks2022({ inbounds }: ConfigModel): { inbound: InboundModel; clients: readonly ConfigNode[] }[] {
  return inbounds.flatMap((inbound) => {
    const isOne =
      inbound.protocol === "shadowsocks" && stringOf(member(inbound.settings, "method"))?.startsWith("2022-");
    return isOne ? { inbound, clients: itemsOf(member(inbound.settings, "clients")) } : [];
  });
}

export const ss2022Unnamed: Rule = {
  id: "ss2022-unnamed",
  severity: "warning",
  targets: ["xray"],
  summary: "A client of Shadowsocks 2022 has no email, so Xray makes up a new name at each start.",
  consequence: "There is a counter `user>>>unnamed-user-0-…` with a random end, another one after each start.",
  fix: "Give every client an `email`.",
  evidence: "measured",
  check(model, report) {
    for (const { inbound, clients } of shadowsocks2022(model)) {
      if (clients.length === 0) continue;
      const unnamed = inbound.users.filter(({ name, level = 0 }) => name === undefined && isCounted(model, level));
      const [first] = unnamed;
      if (first === undefined) continue;
      const who = unnamed.length === 1 ? "a client" : `${unnamed.length} clients`;
      report({
        at: first.nameNode ?? first.node,
        message: `${who} of ${inboundName(inbound)} without an email ${unnamed.length === 1 ? "gets" : "get"} a new name at each start`,
      });
    }
  },
};

export const ss2022LevelIgnored: Rule = {
  id: "ss2022-level-ignored",
  severity: "warning",
  targets: ["xray"],
  summary: "Xray ignores the level of a Shadowsocks 2022 inbound with a single user.",
  consequence: "The flags of level 0 hold for the user.",
  fix: "Give level 0 the flags, or list the user under `clients`.",
  evidence: "measured",
  check(model, report) {
    for (const { inbound, clients } of shadowsocks2022(model)) {
      const node = member(inbound.settings, "level");
      const level = node?.value;
      if (node === undefined || clients.length > 0 || typeof level !== "number") continue;
      if (level === 0 || countAlike(model, level, 0)) continue;
      report({
        at: node,
        message: `${inboundName(inbound)} has level ${level}, but level 0 holds and is not counted like it`,
        edit: isCounted(model, 0) ? undefined : (editor) => setUserFlags(model, editor, 0),
      });
    }
  },
};

export const alteridNonzero: Rule = {
  id: "alterid-nonzero",
  severity: "info",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "A vmess user has an `alterId` above 0, as old guides say.",
  consequence: "V2Ray 4 also lets clients in that use the old handshake; counting is the same.",
  fix: "Set it to 0 on the clients first, then here.",
  evidence: "measured",
  check({ target, inbounds }, report) {
    for (const inbound of inbounds) {
      if (inbound.protocol !== "vmess") continue;
      const nodes = alterIdsOf(inbound.users);
      const [first] = nodes;
      if (first === undefined) continue;
      const who = nodes.length === 1 ? "a user" : `${nodes.length} users`;
      report({
        at: first,
        message: `${who} of ${inboundName(inbound)} ${nodes.length === 1 ? "has" : "have"} an alterId above 0`,
        ...(target === "v2ray5" && refusesOldClients),
        ...(target === "xray" && ignoresAlterId),
        edit:
          target === "v2ray4"
            ? undefined
            : (editor) => {
                for (const node of nodes) editor.replace(node, 0);
              },
      });
    }
  },
};

const refusesOldClients = {
  consequence: "V2Ray 5 ignores it: clients with an `alterId` above 0 are refused, others are let in.",
  fix: "Set it to 0, here and on the clients.",
} as const;

const ignoresAlterId = { consequence: "Xray ignores it.", fix: "Set it to 0." } as const;

/** Looked up by hand: there may be 50,000 users, and most have none. */
function alterIdsOf(users: readonly UserModel[]): ConfigNode[] {
  const found: ConfigNode[] = [];
  for (const { node } of users) {
    for (const child of node.children) {
      if (child.kind !== "number" || (child.value as number) <= 0) continue;
      if (sameKey(child.key ?? "", "alterId")) found.push(child);
    }
  }
  return found;
}
