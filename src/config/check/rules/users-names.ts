import type { ConfigModel, InboundModel } from "../../model/config-model.ts";
import { member } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { ConfigTarget } from "../../target.ts";
import type { Report, Rule } from "../rule.ts";
import { indexNames, repeated } from "./users-index.ts";
import { inboundName, inboundNames, isLogin, named, namesOf, type PlacedUser, usersText } from "./users-wording.ts";

const v2rays: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];
const everywhere: readonly ConfigTarget[] = [...v2rays, "sing-box"];

/** Protocols whose inbound refuses to have one name twice, whatever its case. */
const refusing = new Set(["vmess", "vless", "trojan"]);

function refusesTwice({ target }: ConfigModel, { protocol }: InboundModel): boolean {
  return target !== "sing-box" && refusing.has(protocol);
}

/** The place of a user's name. */
function placeOf({ user }: PlacedUser): ConfigNode {
  return user.nameNode ?? user.node;
}

export const userEmailDuplicate: Rule = {
  id: "user-email-duplicate",
  severity: "error",
  targets: v2rays,
  summary: "Two users of one vmess, vless or trojan inbound have the same `email`; case does not count.",
  consequence: "The core refuses to start: `User … already exists.`",
  fix: "Give each user an `email` of his own, such as `alice-phone`.",
  evidence: "measured",
  check(model, report) {
    for (const alike of indexNames(model).alike) {
      // Users of one inbound stand side by side.
      if (!alike.some(({ inbound }, index) => inbound === alike[index - 1]?.inbound)) continue;
      for (const [inbound, users] of Map.groupBy(alike, (each) => each.inbound)) {
        const [first, second] = users;
        if (first === undefined || second === undefined || !refusesTwice(model, inbound)) continue;
        const { name } = first.user;
        const also = name === second.user.name ? "" : ` (also written ${named(second.user.name ?? "")})`;
        report({
          at: placeOf(second),
          message: `${users.length} users of ${inboundName(inbound)} are called ${named(name ?? "")}${also}`,
        });
      }
    }
  },
};

export const userEmailMerged: Rule = {
  id: "user-email-merged",
  severity: "warning",
  targets: everywhere,
  summary: "Several users have the same name, in one inbound or in several.",
  consequence: "They share one counter; which of them moved the bytes cannot be told.",
  fix: "Give each a name of his own, unless one counter for all of them is what you want.",
  evidence: "measured",
  check(model, report) {
    // Users that are in the same inbounds are one finding: many panels put all users into each of them.
    const shared = new Map<string, { inbounds: Set<InboundModel>; users: PlacedUser[] }>();
    for (const alike of indexNames(model).alike) {
      for (const same of groupsOfOneName(alike)) {
        const inbounds = new Set(same.map(({ inbound }) => inbound));
        const last = same.at(-1) as PlacedUser;
        if (inbounds.size === 1 && refusesTwice(model, last.inbound)) continue;
        const key = Array.from(inbounds, (inbound) => model.inbounds.indexOf(inbound)).join();
        const found = shared.get(key);
        if (found === undefined) shared.set(key, { inbounds, users: [last] });
        else found.users.push(last);
      }
    }
    for (const { inbounds, users } of shared.values()) report(mergedReport(model, [...inbounds], users));
  },
};

/** Mostly it is one group: a panel writes a name the same way everywhere. */
function groupsOfOneName(alike: readonly PlacedUser[]): readonly (readonly PlacedUser[])[] {
  const name = alike[0]?.user.name;
  return alike.every(({ user }) => user.name === name) ? [alike] : repeated(alike, ({ user }) => user.name);
}

function mergedReport(model: ConfigModel, inbounds: readonly InboundModel[], users: readonly PlacedUser[]): Report {
  const names = namesOf(
    users.map(({ user }) => user.name ?? ""),
    users.length,
  );
  const at = placeOf(users[0] as PlacedUser);
  const who = users.length === 1 ? `user ${names} is` : `${users.length} users (${names}) are`;
  const [inbound] = inbounds as [InboundModel];
  if (inbounds.length > 1) return { at, message: `${who} in ${inboundNames(inbounds)}, with one counter for all` };
  const message = `${who} in ${inboundName(inbound)} more than once`;
  if (model.target === "sing-box" || !isLogin(inbound)) return { at, message };
  const consequence = "Only the password of the last account of that name works; the others are turned away.";
  return { at, message, severity: "error", consequence };
}

export const userEmailCaseVariant: Rule = {
  id: "user-email-case-variant",
  severity: "warning",
  targets: v2rays,
  summary: "Names of users differ in case only.",
  consequence: "Each spelling has its own counters: what one person moved is in two places.",
  fix: "Spell the name the same way everywhere.",
  evidence: "measured",
  check(model, report) {
    for (const alike of indexNames(model).alike) {
      const [first] = alike;
      const other = alike.find(({ user, inbound }) => {
        return user.name !== first?.user.name && !(inbound === first?.inbound && refusesTwice(model, inbound));
      });
      if (first === undefined || other === undefined) continue;
      const [a, b] = [first, other].map(({ user }) => named(user.name ?? ""));
      const where = inboundNames([...new Set([first.inbound, other.inbound])]);
      report({ at: placeOf(other), message: `${a} and ${b} in ${where} differ in case only` });
    }
  },
};

export const userEmailSeparator: Rule = {
  id: "user-email-separator",
  severity: "warning",
  targets: everywhere,
  summary: "A name or a tag contains `>>>`, which separates the parts of a counter's name.",
  consequence:
    "The core counts; programs that split the counter's name at every `>>>` cut it, as Xray's metrics page does.",
  fix: "Leave `>>>` out of names and tags.",
  evidence: "measured",
  check(model, report) {
    reportNames(
      indexNames(model).odd.filter(({ user }) => user.name?.includes(">>>")),
      "with >>> in it",
      report,
    );
    for (const { tag, node } of [...model.inbounds, ...model.outbounds]) {
      if (tag?.includes(">>>"))
        report({ at: member(node, "tag") ?? node, message: `the tag ${JSON.stringify(tag)} has >>> in it` });
    }
  },
};

export const userEmailWhitespace: Rule = {
  id: "user-email-whitespace",
  severity: "warning",
  targets: everywhere,
  summary: "A user's name begins or ends with a blank, or holds a control character.",
  consequence: "The counter carries the name exactly so: who looks for it as it reads finds none.",
  fix: "Trim the name.",
  evidence: "measured",
  check(model, report) {
    reportNames(
      indexNames(model).odd.filter(({ user: { name = "" } }) => isUntidy(name)),
      "with a blank at an end or a control character",
      report,
    );
  },
};

function isUntidy(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return name.trim() !== name || /[\0-\x1f\x7f-\x9f]/.test(name);
}

/** One finding for each inbound. */
function reportNames(users: readonly PlacedUser[], fault: string, report: (finding: Report) => void): void {
  for (const group of Map.groupBy(users, ({ inbound }) => inbound).values()) {
    const has = group.length === 1 ? "has a name" : "have names";
    report({ at: placeOf(group[0] as PlacedUser), message: `${usersText(group)} ${has} ${fault}` });
  }
}
