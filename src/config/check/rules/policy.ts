import { type ConfigModel, type SystemFlag, systemFlags } from "../../model/config-model.ts";
import { member } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { type ConfigTarget, isAtLeast } from "../../target.ts";
import type { Rule } from "../rule.ts";
import {
  allFlags,
  isMeant,
  levelFlag,
  levelsAreReadable,
  setSystemFlags,
  setUserFlags,
  systemFlag,
  userFlags,
  wantsStats,
} from "./policy-flags.ts";
import { countedInbounds, groupUsers, usersText, valueText } from "./users-wording.ts";

const targets: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];

/** One finding is enough where no flag at all is set: what is missing in detail follows from it. */
function hasPolicy(model: ConfigModel): boolean {
  return allFlags(model).some(isMeant) || !levelsAreReadable(model);
}

/** The numbers of the levels that counted users have. */
function levelsOfUsers(model: ConfigModel): Set<number> {
  return new Set(
    groupUsers(countedInbounds(model), ({ name, level }) => (name === undefined ? undefined : level)).keys(),
  );
}

export const policyMissing: Rule = {
  id: "policy-missing",
  severity: "error",
  targets,
  summary: "Statistics are wanted, but no flag of `policy` switches any counter on.",
  consequence: "The API answers, with an empty list: all flags are off by default.",
  fix: "Set the flags in `policy.levels` for users and in `policy.system` for inbounds and outbounds.",
  evidence: "measured",
  check(model, report) {
    if (!wantsStats(model) || hasPolicy(model)) return;
    const { node } = model.policy;
    const absent = node === undefined || node.kind === "null";
    report({
      at: node ?? model.stats ?? model.api?.node ?? model.root,
      onKey: true,
      message: absent ? "there is no policy, so nothing is counted" : "no flag of the policy switches a counter on",
      edit: (editor) => {
        for (const level of new Set([...levelsOfUsers(model), 0])) setUserFlags(model, editor, level);
        const unset = usefulFlags(model).filter((flag) => systemFlag(model, flag).state === "unset");
        setSystemFlags(model, editor, unset);
      },
    });
  },
};

/** All flags of `system`, but for those of inbounds where an older Xray would not count its hysteria users for them. */
function usefulFlags({ target, version, inbounds }: ConfigModel): readonly SystemFlag[] {
  const losesUsers = target === "xray" && !isAtLeast(version, "26.4.13");
  if (!losesUsers || !inbounds.some(({ protocol }) => protocol === "hysteria")) return systemFlags;
  return systemFlags.filter((flag) => !flag.startsWith("statsInbound"));
}

export const systemFlagMissing: Rule = {
  id: "system-flag-missing",
  severity: "warning",
  targets,
  summary: "Some of the four flags of `policy.system` are not on.",
  consequence: "That half of the inbound or outbound counters does not exist; each flag switches one kind of counter.",
  fix: "Set all four flags of `policy.system`.",
  evidence: "measured",
  check(model, report) {
    if (!wantsStats(model) || !hasPolicy(model)) return;
    const missing = usefulFlags(model).filter((flag) => !isMeant(systemFlag(model, flag)));
    if (missing.length === 0) return;
    const names = missing.map((flag) => systemFlag(model, flag).name).join(", ");
    const unset = missing.filter((flag) => systemFlag(model, flag).state === "unset");
    const { systemNode, node, levelsNode } = model.policy;
    report({
      at: systemNode ?? node ?? levelsNode ?? model.root,
      onKey: true,
      message: `the policy does not switch on ${names}`,
      // What is off on purpose stays off.
      edit: unset.length === 0 ? undefined : (editor) => setSystemFlags(model, editor, unset),
    });
  },
};

export const levelFlagMissing: Rule = {
  id: "level-flag-missing",
  severity: "error",
  targets,
  summary: "There are users with names, and no level of the policy counts users.",
  consequence: "There are no `user>>>` counters at all; inbound and outbound counters are not affected.",
  fix: "Set `statsUserUplink` and `statsUserDownlink` for every level that users have.",
  evidence: "measured",
  check(model, report) {
    if (!hasPolicy(model) || !levelsAreReadable(model) || countsSomeLevel(model)) return;
    const users = [...groupUsers(countedInbounds(model), ({ name }) => name && "named").values()].flat();
    if (users.length === 0) return;
    const levels = levelsOfUsers(model);
    const editable = [...levels].filter((level) => mayBeSet(model, level));
    const { levelsNode, node } = model.policy;
    const have = users.length === 1 ? "has" : "have";
    report({
      at: levelsNode ?? node ?? model.root,
      onKey: true,
      message: `no level of the policy counts users, so ${usersText(users)} ${have} no counters`,
      edit:
        editable.length === 0
          ? undefined
          : (editor) => {
              for (const level of editable) setUserFlags(model, editor, level);
            },
    });
  },
};

/** Whether some level has one of the user flags. */
export function countsSomeLevel(model: ConfigModel): boolean {
  return [...model.policy.levels.values()].some((level) =>
    userFlags.some((flag) => isMeant(levelFlag(model, level, flag))),
  );
}

/** Whether flags of a level can be switched on without touching one that is off on purpose. */
export function mayBeSet(model: ConfigModel, level: number): boolean {
  const known = model.policy.levels.get(level);
  return known === undefined || userFlags.some((flag) => levelFlag(model, known, flag).state === "unset");
}

export const levelOneDirection: Rule = {
  id: "level-one-direction",
  severity: "warning",
  targets,
  summary: "A level counts its users in one direction only.",
  consequence: "Its users have only the uplink or only the downlink counter.",
  fix: "Set both `statsUserUplink` and `statsUserDownlink`.",
  evidence: "measured",
  check(model, report) {
    for (const [number, level] of model.policy.levels) {
      const flags = userFlags.map((flag) => levelFlag(model, level, flag));
      const off = flags.filter((flag) => !isMeant(flag));
      const [missing] = off;
      if (missing === undefined || off.length !== 1) continue;
      report({
        at: level.node,
        onKey: true,
        message: `level ${number} of the policy does not switch on ${missing.name}`,
        edit: missing.state === "unset" ? (editor) => setUserFlags(model, editor, number) : undefined,
      });
    }
  },
};

export const flagWrongType: Rule = {
  id: "flag-wrong-type",
  severity: "error",
  targets: [...targets, "sing-box"],
  summary: "A flag for statistics is neither `true` nor `false`.",
  consequence: "The core refuses to start: `json: cannot unmarshal … of type bool`.",
  fix: "Write `true`, without quotes.",
  evidence: "measured",
  check(model, report) {
    const enabled = model.target === "sing-box" ? member(model.stats, "enabled") : undefined;
    const wrong = allFlags(model).flatMap(({ node, name, state }) =>
      state === "wrong" && node ? [{ node, name }] : [],
    );
    if (enabled !== undefined && enabled.kind !== "boolean" && enabled.kind !== "null")
      wrong.push({ node: enabled, name: "enabled" });
    for (const { node, name } of wrong) {
      const meaning = meaningOf(node);
      report({
        at: node,
        message: `${name} is ${valueText(node)}, which is neither true nor false`,
        edit: meaning === undefined ? undefined : (editor) => editor.replace(node, meaning),
      });
    }
  },
};

/** The truth that "true", 1 and the like stand for. */
function meaningOf({ value }: ConfigNode): boolean | undefined {
  const word = String(value).trim().toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  return ["false", "0", "no", "off"].includes(word) ? false : undefined;
}

export const levelsWrongShape: Rule = {
  id: "levels-wrong-shape",
  severity: "error",
  targets,
  summary: "`policy.levels` is not an object, or one of its names is not a number.",
  consequence: "The core refuses to start: `json: cannot unmarshal …`.",
  fix: 'Make it an object with the numbers of the levels as names: `"levels": { "0": { … } }`.',
  evidence: "measured",
  check({ target, policy: { levelsNode } }, report) {
    if (levelsNode === undefined || levelsNode.kind === "null") return;
    if (levelsNode.kind !== "object") {
      report({ at: levelsNode, message: "the levels of the policy are not an object named by their numbers" });
      return;
    }
    // jsonv5 reads the names as JSON numbers, which do not begin with 0.
    const number = target === "v2ray5-jsonv5" ? /^(?:0|[1-9]\d*)$/ : /^\d+$/;
    for (const level of levelsNode.children) {
      const key = level.key as string;
      if (number.test(key) && Number(key) <= 0xffff_ffff) continue;
      report({ at: level, onKey: true, message: `${JSON.stringify(key)} is not the number of a level` });
    }
  },
};

export const onlineFlagNotSupported: Rule = {
  id: "online-flag-not-supported",
  severity: "info",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "`statsUserOnline` is set for a core that does not know it: V2Ray, and Xray before 24.11.5.",
  consequence: "It is ignored: nobody is ever listed as online.",
  fix: "Remove it, or run Xray 24.11.5 or newer.",
  evidence: "measured",
  check(model, report) {
    if (model.target === "xray" && isAtLeast(model.version, "24.11.5")) return;
    for (const [number, level] of model.policy.levels) {
      const { node } = levelFlag(model, level, "statsUserOnline");
      if (node === undefined) continue;
      report({
        at: node,
        onKey: true,
        message: `this core ignores statsUserOnline of level ${number}`,
        edit: (editor) => editor.remove(level.node, node),
      });
    }
  },
};
