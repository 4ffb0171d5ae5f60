import type { ConfigEditor } from "../../edit/config-editor.ts";
import type { ConfigModel, InboundModel } from "../../model/config-model.ts";
import { apiLanguage, apiRuleValue, freeTag, putItem } from "./api-words.ts";

/** Where an added inbound listens; its tag where a rule waits for one. */
interface Place {
  readonly listen: string;
  readonly port: number;
  readonly tag: string | undefined;
}

/** Adds an inbound for the API, and the rule to the API where none waits for it. */
export function addApiInbound(model: ConfigModel, editor: ConfigEditor, { listen, port, tag: wanted }: Place): void {
  const { target, root, api } = model;
  const tag = wanted ?? freeTag(model, "api-in");
  // With no port Xray would connect to itself where the rule does not hold; jsonv5 panics without networks.
  const settings = { address: "127.0.0.1", port: 1, ...(target === "v2ray5-jsonv5" && { networks: "tcp" }) };
  putItem(editor, root, ["inbounds"], { tag, listen, port, protocol: "dokodemo-door", settings }, "last");
  if (wanted === undefined) {
    putItem(editor, root, apiLanguage(target).rules, apiRuleValue(target, tag, api?.tag ?? "api"), "first");
  }
}

/** Adds the rule from an inbound to the API. */
export function addApiRule(model: ConfigModel, editor: ConfigEditor, inbound: InboundModel): void {
  const { target, root, api } = model;
  const tag = inbound.tag ?? freeTag(model, "api-in");
  if (inbound.tag === undefined) editor.set(inbound.node, ["tag"], tag);
  putItem(editor, root, apiLanguage(target).rules, apiRuleValue(target, tag, api?.tag ?? "api"), "first");
}
