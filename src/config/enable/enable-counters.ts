import type { ConfigModel, InboundModel, UserModel } from "../model/config-model.ts";
import { systemFlags } from "../model/config-model.ts";
import { member, memberAt } from "../syntax/lookup.ts";
import { isAtLeast } from "../target.ts";
import type { Changes } from "./changes.ts";
import type { Wishes } from "./enable-options.ts";
import type { Language } from "./language.ts";

/** Switches the counters of V2Ray and Xray on: the `stats` block and the flags of its policy. */
export function enableCounters(model: ConfigModel, language: Language, wishes: Wishes, changes: Changes): void {
  if (model.stats?.kind !== "object")
    changes.setAt(language.stats, {}, "without this block the core keeps no counters at all");
  if (wishes.scopes.has("users")) enableUsers(model, language, wishes, changes);
  enableSystem(model, language, wishes, changes);
}

function enableUsers(model: ConfigModel, language: Language, { online, scopes }: Wishes, changes: Changes): void {
  for (const level of [...levelsInUse(model)].sort((a, b) => a - b)) {
    const entry = model.policy.levels.get(level);
    const { userUplink, userDownlink, userOnline } = language.userFlags;
    const missing = [
      ...(entry?.userUplink === true ? [] : [userUplink]),
      ...(entry?.userDownlink === true ? [] : [userDownlink]),
      ...(online && entry?.userOnline !== true ? [userOnline] : []),
    ];
    if (missing.length === 0) continue;
    const path = [...language.levels, entry?.node.key ?? String(level), ...language.levelFlags];
    changes.setAllAt(path, missing, true, `users of level ${level} are counted only with ${listed(missing)}`);
  }
  for (const inbound of model.inbounds) leaveUnnamed(inbound, changes);
  if (countsInbounds(model, scopes)) leaveHysteria(model, changes);
}

/** Levels of users with names; those of users that a manager adds at run time are 0. */
function levelsInUse({ target, inbounds, api }: ConfigModel): ReadonlySet<number> {
  const levels = new Set<number>();
  for (const { users } of inbounds) {
    for (const { name, level } of users) if (name !== undefined && level !== undefined) levels.add(level);
  }
  if (api?.services.some((service) => /^(handlerservice|proxyman)$/i.test(service))) levels.add(0);
  if (target === "v2ray4" || target === "v2ray5") for (const level of detourLevels(inbounds)) levels.add(level);
  return levels;
}

/** On the dynamic ports of a vmess `detour` its users have the level of that inbound's `default`. */
function detourLevels(inbounds: readonly InboundModel[]): readonly number[] {
  const targets = new Set(inbounds.map(({ settings }) => memberAt(settings, "detour", "to")?.value));
  return inbounds.flatMap(({ tag, settings }) => {
    if (tag === undefined || !targets.has(tag)) return [];
    const level = memberAt(settings, "default", "level")?.value;
    return typeof level === "number" && Number.isInteger(level) && level >= 0 ? [level] : [];
  });
}

/** Protocols whose users have names, where their owner gives them some. */
const namedByOwner = new Set(["vmess", "vless", "trojan", "shadowsocks", "hysteria"]);

function leaveUnnamed({ protocol, users, node }: InboundModel, changes: Changes): void {
  if (!namedByOwner.has(protocol)) return;
  const unnamed = users.filter(({ name }) => name === undefined);
  const [first] = unnamed as readonly (UserModel | undefined)[];
  if (first === undefined) return;
  const subject = unnamed.length === 1 ? "this user has" : `${unnamed.length} users here have`;
  const reason = `${subject} no e-mail, and so no counter; only you know what to call them`;
  changes.leave(unnamed.length === 1 ? first.node : (member(member(node, "settings"), "clients") ?? node), reason);
}

function countsInbounds({ policy }: ConfigModel, scopes: Wishes["scopes"]): boolean {
  return scopes.has("inbounds") || policy.system.statsInboundUplink || policy.system.statsInboundDownlink;
}

/** Until 26.4.13 Xray loses the users of hysteria while it counts the inbound. */
function leaveHysteria({ target, version, inbounds }: ConfigModel, changes: Changes): void {
  if (target !== "xray" || isAtLeast(version, "26.4.13")) return;
  for (const { protocol, users, node } of inbounds) {
    if (protocol !== "hysteria" || !users.some(({ name }) => name !== undefined)) continue;
    const reason = "this version of Xray loses users of hysteria while inbounds are counted";
    changes.leave(node, `${reason}; 26.4.13 does not, and without the scope "inbounds" this one does not either`);
  }
}

function enableSystem(model: ConfigModel, language: Language, { scopes }: Wishes, changes: Changes): void {
  const { policy, target, version, root } = model;
  const countsOutbounds = target !== "v2ray4" || isAtLeast(version, "4.26.0");
  const missing = systemFlags.filter((flag) => {
    const scope = flag.startsWith("statsInbound") ? "inbounds" : "outbounds";
    return scopes.has(scope) && !policy.system[flag] && (scope === "inbounds" || countsOutbounds);
  });
  if (scopes.has("outbounds") && !countsOutbounds) changes.leave(root, "V2Ray before 4.26.0 does not count outbounds");
  if (missing.length === 0) return;
  const names = missing.map((flag) => language.systemFlags[flag]);
  const what = [...new Set(missing.map((flag) => (flag.startsWith("statsInbound") ? "inbounds" : "outbounds")))];
  changes.setAllAt(language.system, names, true, `${what.join(" and ")} are counted only with ${listed(names)}`);
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? (names[0] as string) : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
