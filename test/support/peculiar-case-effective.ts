import type { ConfigNode } from "../../src/config/syntax/node.ts";
import { messagesAt, numberAt, textsAt } from "./peculiar-case-protobuf.ts";

/** What a configuration of V2Ray 4, 5 or Xray comes to, as far as the tests of merging look. */
export interface Effective {
  readonly inbounds: readonly string[];
  readonly outbounds: readonly string[];
  /** Flags that are on: `0.statsUserUplink`, `system.statsInboundUplink`. */
  readonly flags: readonly string[];
  readonly stats: boolean;
  readonly api: string | undefined;
  readonly rules: readonly string[];
}

type Plain = string | number | boolean | null | Plain[] | Map<string, Plain>;

/** A tree as plain values; names of fields in lower case. */
export function plainOf(node: ConfigNode): Plain {
  if (node.kind === "array") return node.children.map(plainOf);
  if (node.kind !== "object") return node.value ?? null;
  return new Map(node.children.map((child) => [(child.key as string).toLowerCase(), plainOf(child)]));
}

/** What `JSON.parse` made, as {@link plainOf} gives it. */
export function plainOfJson(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(plainOfJson);
  if (typeof value !== "object" || value === null) return value as Plain;
  return new Map(Object.entries(value).map(([key, child]) => [key.toLowerCase(), plainOfJson(child)]));
}

/** Reads a configuration as plain values. */
export function effectiveOf(root: Plain): Effective {
  const flags: string[] = [];
  for (const [level, entry] of membersOf(at(root, "policy", "levels"))) flags.push(...trueFlags(level, entry));
  flags.push(...trueFlags("system", at(root, "policy", "system")));
  const api = at(root, "api");
  return {
    inbounds: itemsOf(at(root, "inbounds")).map((item) => words(item, "tag", "protocol", "listen")),
    outbounds: itemsOf(at(root, "outbounds")).map((item) => words(item, "tag", "protocol")),
    flags: flags.sort(),
    stats: at(root, "stats") instanceof Map,
    api: api instanceof Map ? [at(api, "tag"), ...itemsOf(at(api, "services"))].join(" ") : undefined,
    rules: itemsOf(at(root, "routing", "rules")).map(
      (rule) => `${itemsOf(at(rule, "inboundtag"))} → ${at(rule, "outboundtag")}`,
    ),
  };
}

/** Reads a configuration that V2Ray 4 or 5 has built. */
export function effectiveOfProtobuf(config: Uint8Array): Effective {
  const apps = new Map(messagesAt(config, 4).map((app) => [typeName(app), messagesAt(app, 2)[0] ?? new Uint8Array()]));
  const policy = apps.get("app.policy.Config") ?? new Uint8Array();
  const flags = messagesAt(policy, 1).flatMap((level) => {
    const [up, down] = [1, 2].map((flag) => messagesAt(level, 2, 2).some((stats) => numberAt(stats, flag) === 1));
    const name = numberAt(level, 1);
    return [up ? `${name}.statsuseruplink` : [], down ? `${name}.statsuserdownlink` : []].flat();
  });
  const system = ["statsinbounduplink", "statsinbounddownlink", "statsoutbounduplink", "statsoutbounddownlink"];
  for (const stats of messagesAt(policy, 2, 1))
    flags.push(...system.filter((_, index) => numberAt(stats, index + 1) === 1).map((flag) => `system.${flag}`));
  const commander = apps.get("app.commander.Config");
  const router = apps.get("app.router.Config") ?? new Uint8Array();
  return {
    inbounds: messagesAt(config, 1).map(inboundWords),
    outbounds: messagesAt(config, 2).map((item) => joined(textsAt(item, 1)[0], protocolOf(messagesAt(item, 3)[0]))),
    flags: flags.sort(),
    stats: apps.has("app.stats.Config"),
    api: commander && [textsAt(commander, 1)[0] ?? "", ...messagesAt(commander, 2).map(serviceOf)].join(" "),
    rules: messagesAt(router, 2).map((rule) => `${textsAt(rule, 8)} → ${textsAt(rule, 1)[0]}`),
  };
}

function typeName(message: Uint8Array | undefined): string {
  return (textsAt(message ?? new Uint8Array(), 1)[0] ?? "").replace(/^(types\.v2fly\.org\/)?v2ray\.core\./, "");
}

function protocolOf(settings: Uint8Array | undefined): string {
  return typeName(settings).split(".")[1] ?? "";
}

function serviceOf(service: Uint8Array): string {
  const name = typeName(service);
  return name.includes("stats") ? "StatsService" : name.includes("proxyman") ? "HandlerService" : name;
}

function inboundWords(item: Uint8Array): string {
  const listen = messagesAt(item, 2, 2, 2, 1)[0];
  return joined(textsAt(item, 1)[0], protocolOf(messagesAt(item, 3)[0]), listen && [...listen].join("."));
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.map((part) => part ?? "").join(" ");
}

function words(item: Plain, ...names: readonly string[]): string {
  return joined(...names.map((name) => at(item, name)?.toString()));
}

function trueFlags(scope: string, entry: Plain | undefined): string[] {
  return membersOf(entry).flatMap(([flag, value]) => (value === true ? `${scope}.${flag}` : []));
}

function at(value: Plain | undefined, ...names: readonly string[]): Plain | undefined {
  return names.reduce((found, name) => (found instanceof Map ? found.get(name) : undefined), value);
}

function itemsOf(value: Plain | undefined): Plain[] {
  return Array.isArray(value) ? value : [];
}

function membersOf(value: Plain | undefined): [string, Plain][] {
  return value instanceof Map ? [...value] : [];
}
