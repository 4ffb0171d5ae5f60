import type { InboundModel, UserModel } from "../../model/config-model.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { ConfigTarget } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { countsSomeLevel, mayBeSet } from "./policy.ts";
import { isMeant, levelFlag, levelsAreReadable, setUserFlags, userFlags } from "./policy-flags.ts";
import { countedInbounds, groupUsers, inboundName, named, usersText, valueText } from "./users-wording.ts";

const targets: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];

export const userLevelUncovered: Rule = {
  id: "user-level-uncovered",
  severity: "error",
  targets,
  summary: "A user's level has no entry in `policy.levels`, or one that counts nothing; other levels count.",
  consequence: "These users have no counters, others do: a level takes nothing from level 0.",
  fix: "Set both flags for that level, or leave `level` out of the user.",
  evidence: "measured",
  check(model, report) {
    if (!levelsAreReadable(model) || !countsSomeLevel(model)) return;
    const { levels } = model.policy;
    const counting = new Set<number>();
    for (const [number, level] of levels) {
      if (userFlags.some((flag) => isMeant(levelFlag(model, level, flag)))) counting.add(number);
    }
    const uncovered = groupUsers(countedInbounds(model), ({ name, level }) => {
      return name === undefined || level === undefined || counting.has(level) ? undefined : level;
    });
    for (const [number, users] of uncovered) {
      const [first] = users;
      if (first === undefined) continue;
      const why = levels.has(number) ? "which counts no users" : "which policy.levels does not cover";
      report({
        at: first.user.levelNode ?? first.user.nameNode ?? first.user.node,
        message: `${usersText(users)} ${users.length === 1 ? "has" : "have"} level ${number}, ${why}`,
        edit: mayBeSet(model, number) ? (editor) => setUserFlags(model, editor, number) : undefined,
      });
    }
  },
};

/** Protocols whose levels are a single byte. */
const byteLevels = new Set(["trojan", "shadowsocks"]);

export const levelWrongType: Rule = {
  id: "level-wrong-type",
  severity: "error",
  targets,
  summary: "A user's `level` is no whole number from 0 on, or above 255 where the protocol has a byte for it.",
  consequence: "The core refuses to start: `json: cannot unmarshal … into Go struct field User.level`.",
  fix: "Write a whole number without quotes.",
  evidence: "measured",
  check({ target, inbounds }, report) {
    for (const inbound of inbounds) {
      const wrong = new Set<ConfigNode>();
      let whose: UserModel | undefined;
      for (const user of inbound.users) {
        if (user.levelNode === undefined || isLevel(user, inbound, target)) continue;
        whose ??= user;
        wrong.add(user.levelNode);
      }
      const [first] = wrong;
      if (first === undefined || whose === undefined) continue;
      const more = wrong.size === 1 ? "" : `, and ${wrong.size - 1} more like it`;
      const numbers = Array.from(wrong, (node) => [node, numberIn(node, inbound)] as const);
      report({
        at: first,
        message: `the level of ${userText(whose, inbound)} is ${valueText(first)}, which the core does not take${more}`,
        edit: numbers.every(([, number]) => number !== undefined)
          ? (editor) => {
              for (const [node, number] of numbers) editor.replace(node, number as number);
            }
          : undefined,
      });
    }
  },
};

function userText({ name }: UserModel, inbound: InboundModel): string {
  return name === undefined ? `a user of ${inboundName(inbound)}` : `user ${named(name)} of ${inboundName(inbound)}`;
}

function isLevel({ level, levelNode }: UserModel, { protocol }: InboundModel, target: ConfigTarget): boolean {
  const limit = target !== "v2ray5-jsonv5" && byteLevels.has(protocol) ? 255 : 0xffff_ffff;
  // jsonv5 takes numbers as texts, too.
  if (levelNode?.kind === "string") return target === "v2ray5-jsonv5" && /^\d{1,9}$/.test(levelNode.value as string);
  if (level === undefined || level > limit) return false;
  return target === "v2ray5" || !isFraction(levelNode);
}

/** 0.0 and 1e0, which are whole numbers for V2Ray 5 only. */
function isFraction(node: ConfigNode | undefined): boolean {
  if (node?.kind !== "number" || node.file.format !== "json") return false;
  return node.end - node.start > 1 && /[.eE]/.test(node.file.text.slice(node.start, node.end));
}

/** The level that was meant, where only its notation is wrong. */
function numberIn({ kind, value }: ConfigNode, { protocol }: InboundModel): number | undefined {
  if (kind !== "number" && kind !== "string") return undefined;
  if (kind === "string" && !/^\s*\d+\s*$/.test(value as string)) return undefined;
  const number = Number(value);
  const limit = byteLevels.has(protocol) ? 255 : 0xffff_ffff;
  return Number.isInteger(number) && number >= 0 && number <= limit ? number : undefined;
}
