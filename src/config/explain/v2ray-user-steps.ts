import { inboundName, named } from "../check/rules/users-wording.ts";
import type { ConfigModel } from "../model/config-model.ts";
import { levelOf } from "../model/read-parts.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { isAtLeast } from "../target.ts";
import type { SecretSteps } from "./shared-secrets.ts";
import { bad, good, quoted, type Step } from "./step.ts";
import type { UserPlace } from "./user-place.ts";
import { v2rayWords } from "./v2ray-words.ts";

/** Which of a user's flags a counter hangs on. */
export type UserFlag = "Uplink" | "Downlink" | "Online";

/** What counting a user in one place hangs on, in V2Ray and Xray. */
export function placeSteps(model: ConfigModel, place: UserPlace, flag: UserFlag, secretSteps: SecretSteps): Step[] {
  return [
    knownStep(place),
    ...hysteriaSteps(model, place),
    ...secretSteps(place),
    levelStep(place),
    ...(place.level === undefined ? [] : [flagStep(model, place.level, place.levelNode ?? place.node, flag)]),
  ];
}

function knownStep({ name, inbound, from, node }: UserPlace): Step {
  const label = inboundName(inbound);
  if (from === undefined) return good(`${named(name)} is a user of ${label} (${inbound.protocol})`, node);
  return good(
    `the detour of ${inboundName(from)} sends its users on to ${label}, which calls this one ${named(name)}, in lower case`,
    node,
  );
}

/** Source: Xray-core 26.3.27, proxy/hysteria/server.go: a connection that is counted does not show its user. */
function hysteriaSteps({ target, version, stats, policy }: ConfigModel, { inbound }: UserPlace): Step[] {
  if (target !== "xray" || inbound.protocol !== "hysteria" || isAtLeast(version, "26.4.13")) return [];
  const { statsInboundUplink, statsInboundDownlink } = policy.system;
  const isCounted =
    stats?.kind === "object" && inbound.tag !== undefined && (statsInboundUplink || statsInboundDownlink);
  if (!isCounted) return [];
  const text = `before 26.4.13 Xray loses the users of a hysteria inbound that is counted itself, as ${inboundName(inbound)} is`;
  return [bad(text, "Upgrade Xray, or switch statsInboundUplink and statsInboundDownlink off.", policy.systemNode)];
}

function levelStep({ level, levelNode, from, inbound, node }: UserPlace): Step {
  if (level === undefined)
    return bad("its level is not a whole number from 0 on: the core does not take it", "Write it as 0.", levelNode);
  if (from !== undefined) return good(`there it has level ${level}, from settings.default`, levelNode ?? node);
  if (levelNode === undefined) return good(`it has no level, which is level ${level}`, node);
  const written = levelOf(levelNode);
  if (written === level) return good(`its level is ${level}`, levelNode);
  return good(`Xray ignores the level written in ${inboundName(inbound)} and takes ${level}`, levelNode);
}

function flagStep(model: ConfigModel, level: number, at: ConfigNode, which: UserFlag): Step {
  const { levels, levelsNode } = model.policy;
  const words = v2rayWords(model.target);
  const flag = `${quoted(words.userFlag(which))}: true`;
  const entry = levels.get(level);
  if (entry === undefined) {
    const advice = `Add ${quoted(`${level}`)} with ${flag} to ${words.levels}${level === 0 ? "" : ", or take level 0"}.`;
    return bad(`level ${level} has no entry in ${words.levels}`, advice, levelsNode ?? at);
  }
  const isOn = { Uplink: entry.userUplink, Downlink: entry.userDownlink, Online: entry.userOnline }[which];
  const where = words.levelEntry(level);
  return isOn
    ? good(`${where} has ${flag}`, entry.node)
    : bad(`${where} does not have ${flag}`, `Add ${flag} to ${where}.`, entry.node);
}
