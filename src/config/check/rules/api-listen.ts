import type { ConfigModel } from "../../model/config-model.ts";
import { member, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { isAtLeast } from "../../target.ts";
import type { Report, Rule } from "../rule.ts";
import { addApiInbound } from "./api-additions.ts";
import { isDokodemo, isSocket } from "./api-inbound-parts.ts";
import { apiWayOf, isWritten } from "./api-way.ts";
import { apiLanguage, freePort, namedRules, quoted, standsIn } from "./api-words.ts";
import { isLoopback } from "./routing-addresses.ts";

export const apiListenUnsupported: Rule = {
  id: "api-listen-unsupported",
  severity: "warning",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "`api.listen` is set, which V2Ray and Xray before 1.8.12 do not know.",
  consequence: "The core ignores it; the API does not listen there.",
  fix: "Use an inbound and a routing rule in its place.",
  evidence: "measured",
  check(model, report) {
    const { api } = model;
    const written = api?.listenNode;
    if (api === undefined || !isWritten(written) || api.listen !== undefined || knowsListen(model)) return;
    const isAlone = apiWayOf(model).kind === "unread";
    const place = splitPlace(stringOf(written) ?? "");
    report({
      at: written,
      onKey: true,
      message: "this core does not know listen of the API, which is Xray's since 1.8.12",
      ...(isAlone && {
        severity: "error",
        consequence: "The core ignores it: nothing listens, connections are refused.",
      }),
      edit: (editor) => {
        editor.remove(api.node, written);
        if (!isAlone) return;
        const listen = place !== undefined && isLoopback(place.host) ? bare(place.host) : "127.0.0.1";
        addApiInbound(model, editor, { listen, port: place?.port ?? freePort(model), tag: undefined });
      },
    });
  },
};

export const apiListenInvalid: Rule = {
  id: "api-listen-invalid",
  severity: "error",
  targets: ["xray", "sing-box"],
  summary: "The API's `listen` is no `host:port`.",
  consequence:
    "The core's own check passes, and the start fails: `missing port in address`, `too many colons` or `invalid port`.",
  fix: "Write `127.0.0.1:PORT`; an IPv6 address goes into brackets.",
  evidence: "measured",
  check(model, report) {
    const written = model.api?.listenNode;
    if (!isWritten(written) || !knowsListen(model)) return;
    const problem = problemOf(model, written);
    if (problem !== undefined) report({ at: written, ...problem });
  },
};

function knowsListen({ target, version }: ConfigModel): boolean {
  return target === "sing-box" || (target === "xray" && isAtLeast(version, "1.8.12"));
}

function problemOf(
  { target, version }: ConfigModel,
  written: ConfigNode,
): Pick<Report, "message" | "edit" | "consequence"> | undefined {
  const text = stringOf(written);
  const port = /^\d{1,5}$/.test(String(written.value)) ? String(written.value) : undefined;
  const edit =
    port && ((editor: Parameters<NonNullable<Report["edit"]>>[0]) => editor.replace(written, `127.0.0.1:${port}`));
  const shared = edit ? { edit } : {};
  if (text === undefined) {
    const message = "listen is no text of the form host:port";
    return { ...shared, message, consequence: "The core refuses to start: it takes nothing but a text here." };
  }
  if (isSocket(text)) {
    if (target === "xray" && isAtLeast(version, "26.5.3")) return undefined;
    const core = target === "xray" ? "Xray before 26.5.3" : "sing-box";
    return { message: `${core} cannot have its API on the Unix socket ${quoted(text)}` };
  }
  return splitPlace(text) === undefined ? { ...shared, message: `${quoted(text)} is no host:port` } : undefined;
}

/** The parts of `host:port` as Go takes it; a port may be the name of a service. */
function splitPlace(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const match = /^(\[[^[\]]*\]|[^:[\]]*):(\d*|[a-z][a-z0-9-]*)$/i.exec(text);
  if (match === null) return undefined;
  const [, host = "", word = ""] = match;
  const port = Number(word || "0");
  if (port > 65_535) return undefined;
  return { host, port: port > 0 ? port : undefined };
}

/** The host and port of an API that listens by itself; `undefined` where it does not, or not so. */
export function apiListenPlace({ api }: ConfigModel): ReturnType<typeof splitPlace> {
  return api?.listen === undefined ? undefined : splitPlace(api.listen);
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

export const apiListenLeftoverRule: Rule = {
  id: "api-listen-leftover-rule",
  severity: "error",
  targets: ["xray"],
  summary: "The API listens by itself, and a rule still leads to its tag.",
  consequence: "Connections to the rule's inbounds are closed without an answer.",
  fix: "Remove the rule together with its inbound; without the rule the inbound would connect to itself.",
  evidence: "measured",
  check(model, report) {
    const { api, rules, outbounds } = model;
    if (api?.tag === undefined || api.listen === undefined || outbounds.some(({ tag }) => tag === api.tag)) return;
    for (const { rule, name } of namedRules(rules)) {
      if (rule.outboundTag !== api.tag) continue;
      const { node, list } = rule;
      report({
        at: member(node, apiLanguage(model.target).outboundTag) ?? node,
        message: `${name} leads to ${quoted(api.tag)}, which is no outbound, as the API listens on ${api.listen}`,
        edit: standsIn(list, node)
          ? (editor) => {
              editor.remove(list, node);
              for (const inbound of servedInbounds(model, rule.inboundTags)) editor.remove(inbound.list, inbound.node);
            }
          : undefined,
      });
    }
  },
};

/** The inbounds of a leftover rule that are good for nothing else. */
function servedInbounds(
  { inbounds, root }: ConfigModel,
  tags: readonly string[] = [],
): { readonly list: ConfigNode; readonly node: ConfigNode }[] {
  const list = member(root, "inbounds");
  if (list === undefined) return [];
  return inbounds
    .filter((inbound) => inbound.tag !== undefined && tags.includes(inbound.tag) && isDokodemo(inbound))
    .flatMap(({ node }) => (standsIn(list, node) ? [{ list, node }] : []));
}
