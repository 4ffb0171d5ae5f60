import type { ConfigEditor } from "../../edit/config-editor.ts";
import { type ConfigModel, type LevelModel, type SystemFlag, systemFlags } from "../../model/config-model.ts";
import { isTrue, memberAt } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";

/** The flags of a user's level, as V2Ray and Xray call them. */
export const userFlags = ["statsUserUplink", "statsUserDownlink"] as const;

/** One of {@link userFlags}. */
export type UserFlag = (typeof userFlags)[number];

/** Where a language has its flags. */
export interface PolicyLanguage {
  /** From the root to the policy. */
  readonly policy: readonly [string, ...string[]];
  readonly levels: string;
  /** From a level, and from `system`, to the object that holds the flags. */
  readonly holder: readonly string[];
  readonly nameOf: (flag: UserFlag | SystemFlag | "statsUserOnline") => string;
}

const v2ray: PolicyLanguage = { policy: ["policy"], levels: "levels", holder: [], nameOf: (flag) => flag };
const jsonv5: PolicyLanguage = {
  policy: ["services", "policy"],
  levels: "level",
  holder: ["stats"],
  nameOf: (flag) => flag.charAt(5).toLowerCase() + flag.slice(6),
};

/** How a model's language writes its policy. */
export function policyLanguage({ target }: ConfigModel): PolicyLanguage {
  return target === "v2ray5-jsonv5" ? jsonv5 : v2ray;
}

/** The value of a level's flag, whatever it is. */
export function levelFlag(model: ConfigModel, level: LevelModel, flag: UserFlag | "statsUserOnline"): Flag {
  const { holder, nameOf } = policyLanguage(model);
  return flagOf(memberAt(level.node, ...holder, nameOf(flag)), nameOf(flag));
}

/** The value of a flag of `system`, whatever it is. */
export function systemFlag(model: ConfigModel, flag: SystemFlag): Flag {
  const { holder, nameOf } = policyLanguage(model);
  return flagOf(memberAt(model.policy.systemNode, ...holder, nameOf(flag)), nameOf(flag));
}

/** A flag as it is written. */
export interface Flag {
  readonly name: string;
  readonly node: ConfigNode | undefined;
  /** `wrong` is what no core takes for a flag; it is meant to be one nevertheless. */
  readonly state: "on" | "off" | "unset" | "wrong";
}

function flagOf(node: ConfigNode | undefined, name: string): Flag {
  const state = node === undefined || node.kind === "null" ? "unset" : isTrue(node) ? "on" : "off";
  return { name, node, state: state === "off" && node?.kind !== "boolean" ? "wrong" : state };
}

/** Every flag of every level and of `system`. */
export function allFlags(model: ConfigModel): Flag[] {
  const { levels } = model.policy;
  const ofLevels = [...levels.values()].flatMap((level) =>
    ([...userFlags, "statsUserOnline"] as const).map((flag) => levelFlag(model, level, flag)),
  );
  return [...ofLevels, ...systemFlags.map((flag) => systemFlag(model, flag))];
}

/** Whether a flag is switched on, or was meant to be. */
export function isMeant({ state }: Flag): boolean {
  return state === "on" || state === "wrong";
}

/** Whether the configuration has anything to do with statistics. */
export function wantsStats(model: ConfigModel): boolean {
  const { stats, api } = model;
  return api !== undefined || (stats !== undefined && stats.kind !== "null") || allFlags(model).some(isMeant);
}

/** Whether `levels` is what the core takes; where it is not, nothing can be said about single levels. */
export function levelsAreReadable({ policy: { levelsNode } }: ConfigModel): boolean {
  if (levelsNode === undefined || levelsNode.kind === "null") return true;
  return levelsNode.kind === "object" && levelsNode.children.every(({ key }) => /^\d+$/.test(key as string));
}

/** Switches both flags of a level on, where they are not off on purpose. */
export function setUserFlags(model: ConfigModel, editor: ConfigEditor, level: number): void {
  const { policy, levels, holder, nameOf } = policyLanguage(model);
  const known = model.policy.levels.get(level);
  for (const flag of userFlags) {
    const path = [...holder, nameOf(flag)] as unknown as [string, ...string[]];
    if (known === undefined) editor.set(model.root, [...policy, levels, String(level), ...path], true);
    else if (levelFlag(model, known, flag).state === "unset") editor.set(known.node, path, true);
  }
}

/** Switches these flags of `system` on. */
export function setSystemFlags(model: ConfigModel, editor: ConfigEditor, flags: readonly SystemFlag[]): void {
  const { policy, holder, nameOf } = policyLanguage(model);
  for (const flag of flags) editor.set(model.root, [...policy, "system", ...holder, nameOf(flag)], true);
}
