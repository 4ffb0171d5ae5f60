import type { ConfigEditor } from "../../edit/config-editor.ts";
import type { PlainValue } from "../../edit/plain-value.ts";
import type { ConfigModel, InboundModel, OutboundModel, RuleModel } from "../../model/config-model.ts";
import { memberAt } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { ConfigTarget } from "../../target.ts";

/** The targets whose API hangs on a tag and is led to by routing rules. */
export const routedTargets: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];

/** A path from the root. */
export type Path = readonly [string, ...string[]];

/** How a language names what has to do with the API. */
export interface ApiLanguage {
  readonly api: Path;
  readonly services: string;
  readonly stats: string;
  readonly rules: Path;
  readonly outboundTag: string;
  /** Of the settings of dokodemo-door. */
  readonly network: string;
}

const v2ray: ApiLanguage = {
  api: ["api"],
  services: "services",
  stats: "StatsService",
  rules: ["routing", "rules"],
  outboundTag: "outboundTag",
  network: "network",
};

const jsonv5: ApiLanguage = {
  api: ["services", "commander"],
  services: "name",
  stats: "stats",
  rules: ["router", "rule"],
  outboundTag: "tag",
  network: "networks",
};

/** How a target's language names what has to do with the API. */
export function apiLanguage(target: ConfigTarget): ApiLanguage {
  return target === "v2ray5-jsonv5" ? jsonv5 : v2ray;
}

/** A word of the configuration, for a sentence. */
export function quoted(word: string): string {
  return JSON.stringify(word);
}

/** Words of the configuration, for a sentence: "a", "b" and "c". */
export function quotedList(words: readonly string[]): string {
  const all = words.map(quoted);
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}

/** What to call an inbound: by its tag, or by what it is. */
export function nameInbound({ tag, protocol, ports }: InboundModel): string {
  if (tag !== undefined) return quoted(tag);
  const [first] = ports;
  return `the ${protocol} inbound${first === undefined ? "" : ` on port ${first.from}`}`;
}

/** What to call an outbound. */
export function nameOutbound({ tag, protocol }: OutboundModel): string {
  return tag === undefined ? `the ${protocol} outbound` : quoted(tag);
}

/** What to call a rule: by its number in its list, from 1. */
export function nameRule({ node, list }: RuleModel): string {
  return `rule ${list.children.indexOf(node) + 1}`;
}

/** Rules with what to call them, for who speaks of many. */
export function namedRules(rules: readonly RuleModel[]): { readonly rule: RuleModel; readonly name: string }[] {
  const counts = new Map<ConfigNode, number>();
  return rules.map((rule) => {
    const number = (counts.get(rule.list) ?? 0) + 1;
    counts.set(rule.list, number);
    return { rule, name: `rule ${number}` };
  });
}

/** The rule that leads from an inbound to the API. */
export function apiRuleValue(target: ConfigTarget, inboundTag: string, apiTag: string): PlainValue {
  const type = target === "v2ray5-jsonv5" ? {} : { type: "field" };
  return { ...type, inboundTag: [inboundTag], [apiLanguage(target).outboundTag]: apiTag };
}

/** Puts an item into the list at `path`, which is made where it is missing. */
export function putItem(
  editor: ConfigEditor,
  root: ConfigNode,
  path: Path,
  value: PlainValue,
  place: "first" | "last",
): void {
  const list = memberAt(root, ...path);
  if (list?.kind === "array") editor.insert(list, place === "first" ? 0 : list.children.length, value);
  else editor.set(root, path, [value]);
}

/** A tag like this that nothing has or mentions. */
export function freeTag({ inbounds, outbounds, rules, api }: ConfigModel, wanted: string): string {
  const taken = new Set([
    api?.tag,
    ...inbounds.map(({ tag }) => tag),
    ...outbounds.map(({ tag }) => tag),
    ...rules.flatMap(({ inboundTags = [], outboundTag }) => [...inboundTags, outboundTag]),
  ]);
  let tag = wanted;
  for (let number = 2; taken.has(tag); number++) tag = `${wanted}-${number}`;
  return tag;
}

/** The port that guides give the API, or the next one that no inbound has. */
export function freePort({ inbounds }: ConfigModel): number {
  const ranges = inbounds.flatMap(({ ports }) => ports);
  let port = 10_085;
  while (ranges.some(({ from, to }) => from <= port && port <= to)) port++;
  return port;
}

/** Whether a child stands in the text of its parent, and not in another file that was merged into it. */
export function standsIn(parent: ConfigNode, child: ConfigNode): boolean {
  return child.file === parent.file && child.start >= parent.start && child.end <= parent.end;
}

/** A node's value as `JSON.parse` would give it. */
export function plainValueOf(node: ConfigNode): PlainValue {
  if (node.kind === "array") return node.children.map(plainValueOf);
  if (node.kind !== "object") return node.value as PlainValue;
  return Object.fromEntries(node.children.map((child) => [child.key as string, plainValueOf(child)]));
}
