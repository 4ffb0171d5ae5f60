import type { ConfigModel, InboundModel, OutboundModel } from "../../model/config-model.ts";
import { itemsOf, member, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { ConfigTarget } from "../../target.ts";
import type { Report, Rule } from "../rule.ts";
import { repeated } from "./users-index.ts";
import { inboundName } from "./users-wording.ts";

const v2rays: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"];

export const inboundWithoutTag: Rule = {
  id: "inbound-without-tag",
  severity: "warning",
  targets: v2rays,
  summary: "An inbound has no `tag`, though inbounds are to be counted.",
  consequence: "There is no counter for it; the counters of its users are not affected.",
  fix: "Give it a `tag`.",
  evidence: "measured",
  check(model, report) {
    const { statsInboundUplink, statsInboundDownlink } = model.policy.system;
    if (!statsInboundUplink && !statsInboundDownlink) return;
    const names = new FreeNames(model);
    for (const inbound of model.inbounds.filter(isUntagged)) {
      const tag = names.take(`${inbound.protocol || "some"}-in`);
      report({
        at: member(inbound.node, "tag") ?? inbound.node,
        message: `${inboundName(inbound)} has no tag`,
        edit: tag === undefined ? undefined : (editor) => editor.set(inbound.node, ["tag"], tag),
      });
    }
  },
};

export const outboundWithoutTag: Rule = {
  id: "outbound-without-tag",
  severity: "warning",
  targets: v2rays,
  summary: "An outbound has no `tag`, though outbounds are to be counted.",
  consequence: "There is no counter for it.",
  fix: "Give it a `tag`.",
  evidence: "measured",
  check(model, report) {
    const { statsOutboundUplink, statsOutboundDownlink } = model.policy.system;
    if (!statsOutboundUplink && !statsOutboundDownlink) return;
    const names = new FreeNames(model);
    for (const outbound of model.outbounds.filter(isUntagged)) {
      const tag = names.take(outbound.protocol === "freedom" ? "direct" : `${outbound.protocol || "some"}-out`);
      report({
        at: member(outbound.node, "tag") ?? outbound.node,
        message: `the ${outbound.protocol} outbound has no tag`,
        edit: tag === undefined ? undefined : (editor) => editor.set(outbound.node, ["tag"], tag),
      });
    }
  },
};

/** A tag that is there, though it is no text, is a matter for the core. */
function isUntagged({ tag, node }: InboundModel | OutboundModel): boolean {
  const written = member(node, "tag");
  return tag === undefined && (written === undefined || written.kind === "string" || written.kind === "null");
}

/** Tags that nothing has, mentions or selects: giving one changes no routing. */
class FreeNames {
  readonly #taken: Set<string>;
  readonly #prefixes: readonly string[];

  constructor(model: ConfigModel) {
    const { inbounds, outbounds, rules, balancers, api } = model;
    this.#taken = new Set(
      [
        api?.tag,
        ...[...inbounds, ...outbounds].map(({ tag }) => tag),
        ...rules.flatMap(({ inboundTags = [], outboundTag }) => [...inboundTags, outboundTag]),
      ].filter((tag) => tag !== undefined),
    );
    this.#prefixes = balancers.flatMap(({ selectors }) => selectors);
  }

  /** A name like this; `undefined` where a balancer would select it. */
  take(wanted: string): string | undefined {
    if (this.#prefixes.some((prefix) => wanted.startsWith(prefix))) return undefined;
    let name = wanted;
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}-${number}`;
    this.#taken.add(name);
    return name;
  }
}

export const inboundTagDuplicate: Rule = {
  id: "inbound-tag-duplicate",
  severity: "error",
  targets: [...v2rays, "sing-box"],
  summary: "Two inbounds have the same tag; case counts.",
  consequence: "The core refuses to start: `existing tag found`, `duplicate inbound tag`.",
  fix: "Give each inbound a tag of its own.",
  evidence: "measured",
  check(model, report) {
    const consequences: Partial<Record<ConfigTarget, string>> = {
      v2ray4: "Only the last of them listens.",
      v2ray5: "They are merged into one: the later values win, and only the last port listens.",
      "v2ray5-jsonv5": "Only the last of them listens.",
    };
    for (const finding of duplicates(listsOf(model, "inbounds"), "inbounds"))
      report({ ...finding, consequence: consequences[model.target] });
  },
};

export const outboundTagDuplicate: Rule = {
  id: "outbound-tag-duplicate",
  severity: "error",
  targets: [...v2rays, "sing-box"],
  summary: "Two outbounds have the same tag; case counts.",
  consequence: "The core refuses to start: `existing tag found`, `duplicate outbound/endpoint tag`.",
  fix: "Give each outbound a tag of its own.",
  evidence: "measured",
  check(model, report) {
    const consequences: Partial<Record<ConfigTarget, string>> = {
      v2ray4: "What is routed to the tag leaves by the last of them; they share one counter.",
      v2ray5: "They are merged into one outbound: the later values win.",
      "v2ray5-jsonv5": "Traffic leaves by the last of them.",
    };
    const endpoints = model.target === "sing-box" ? itemsOf(member(model.root, "endpoints")) : [];
    for (const finding of duplicates([...listsOf(model, "outbounds"), endpoints], "outbounds"))
      report({ ...finding, consequence: consequences[model.target] });
  },
};

/** V2Ray 5 merges what has one tag, so there the lists as they are written; the others by what the core sees. */
function listsOf(model: ConfigModel, name: "inbounds" | "outbounds"): (readonly ConfigNode[])[] {
  const roots = model.target === "v2ray5" ? model.documents.map(({ root }) => root) : [model.root];
  return roots.map((root) => itemsOf(member(root, name)));
}

function duplicates(lists: readonly (readonly ConfigNode[])[], what: string): Report[] {
  const tagOf = (node: ConfigNode): string | undefined => stringOf(member(node, "tag")) || undefined;
  // Over several files V2Ray 5 merges by tag on purpose: only within one list is it a slip.
  return lists.flatMap((list) =>
    repeated(list, tagOf).map((nodes) => {
      const second = nodes[1] as ConfigNode;
      const tag = member(second, "tag") as ConfigNode;
      const number = nodes.length === 2 ? "two" : nodes.length;
      return { at: tag, message: `${number} ${what} have the tag ${JSON.stringify(tag.value)}` };
    }),
  );
}
