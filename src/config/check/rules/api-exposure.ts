import type { ConfigEditor } from "../../edit/config-editor.ts";
import type { ConfigModel, InboundModel } from "../../model/config-model.ts";
import { isTrue, itemsOf, member, stringListOf, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { type ConfigTarget, configTargets } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { asksPassword, isDokodemo, isSocket, tlsOf } from "./api-inbound-parts.ts";
import { apiListenPlace } from "./api-listen.ts";
import { apiInbounds } from "./api-way.ts";
import { nameInbound, quoted, routedTargets } from "./api-words.ts";
import { isLoopback, isWildcard } from "./routing-addresses.ts";

export const apiListenPublic: Rule = {
  id: "api-listen-public",
  severity: "error",
  targets: configTargets,
  summary: "The API listens on other addresses than this machine's own.",
  consequence: "Whoever reaches the port can read the counters and set them to zero; there is no password.",
  fix: "Let it listen on 127.0.0.1.",
  evidence: "source",
  check(model, report) {
    const place = apiListenPlace(model);
    const listenNode = model.api?.listenNode;
    if (place !== undefined && listenNode !== undefined && !isLoopback(place.host)) {
      report({
        at: listenNode,
        message: `the API listens on ${whereOf(place.host)}`,
        edit: place.port === undefined ? undefined : (editor) => editor.replace(listenNode, `127.0.0.1:${place.port}`),
      });
    }
    for (const inbound of apiInbounds(model)) {
      const { listen = "", listenNode: at, node } = inbound;
      if (isSocket(listen) || isLoopback(listen) || isProtected(inbound, model)) continue;
      report({
        at: at ?? inbound.portNode ?? node,
        message: `${nameInbound(inbound)}, which leads to the API, listens on ${whereOf(listen)}`,
        ...(tlsOf(inbound) && { severity: "warning", consequence: encrypted }),
        edit: (editor) => editor.set(node, ["listen"], "127.0.0.1"),
      });
    }
  },
};

const encrypted =
  "TLS hides the calls, but asks nobody who he is: whoever reaches the port can read and reset the counters.";

function whereOf(host: string): string {
  return isWildcard(host) ? "all addresses of the machine" : quoted(host);
}

/** Whether the core can check the certificates of clients. */
export function isV2Ray5(target: ConfigTarget): boolean {
  return target === "v2ray5" || target === "v2ray5-jsonv5";
}

/** Whether strangers are kept out: by their certificates, or by a password that TLS hides. */
function isProtected(inbound: InboundModel, { target }: ConfigModel): boolean {
  const tls = tlsOf(inbound);
  if (tls === undefined) return false;
  return asksPassword(inbound) || (isV2Ray5(target) && isTrue(member(tls.settings, "verifyClientCertificate")));
}

export const apiTlsAlpn: Rule = {
  id: "api-tls-alpn",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "TLS on the API's inbound does not offer HTTP/2.",
  consequence: "Clients end with the TLS alert `no application protocol`.",
  fix: 'Add "h2" to `alpn`, or leave `alpn` out.',
  evidence: "measured",
  check(model, report) {
    for (const inbound of apiInbounds(model).filter(isDokodemo)) {
      const alpn = member(tlsOf(inbound)?.settings, "alpn");
      const offered = stringListOf(alpn);
      if (alpn === undefined || offered === undefined || offered.includes("h2")) continue;
      report({
        at: alpn,
        message: `${nameInbound(inbound)} leads to the API, and offers no "h2"`,
        edit: (editor) => addH2(editor, alpn),
      });
    }
  },
};

function addH2(editor: ConfigEditor, alpn: ConfigNode): void {
  if (alpn.kind === "array") editor.insert(alpn, 0, "h2");
  else editor.replace(alpn, ["h2", ...(stringListOf(alpn) ?? [])]);
}

export const apiClientCertUnchecked: Rule = {
  id: "api-client-cert-unchecked",
  severity: "warning",
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "The API's inbound seems to ask for certificates of clients, and does not.",
  consequence: "Any client is let in, without a certificate too.",
  fix: "Put SSH or a reverse proxy in front; of the cores only V2Ray 5 can check clients, with `verifyClientCertificate`.",
  evidence: "measured",
  check(model, report) {
    const canVerify = model.target === "v2ray5";
    for (const inbound of apiInbounds(model)) {
      const settings = tlsOf(inbound)?.settings;
      const wanted = member(settings, "verifyClientCertificate");
      const authority = itemsOf(member(settings, "certificates")).find(isForClients);
      const at = authority ?? (isTrue(wanted) ? wanted : undefined);
      if (settings === undefined || at === undefined || (canVerify && isTrue(wanted))) continue;
      report({
        at,
        message: `${nameInbound(inbound)} leads to the API, and checks no client's certificate`,
        ...(canVerify && {
          fix: 'Set `"verifyClientCertificate": true`, and the `usage` of the authority to "verifyclient".',
          edit: (editor) => {
            editor.set(settings, ["verifyClientCertificate"], true);
            editor.set(at, ["usage"], "verifyclient");
          },
        }),
      });
    }
  },
};

function isForClients(certificate: ConfigNode): boolean {
  return ["verify", "verifyclient"].includes(stringOf(member(certificate, "usage"))?.toLowerCase() ?? "");
}

export const apiIsDefaultOutbound: Rule = {
  id: "api-is-default-outbound",
  severity: "error",
  targets: routedTargets,
  summary: "The API is the outbound for all traffic that no rule leads elsewhere.",
  consequence: "Proxied connections end in the API: they fail, and every user can read and reset the counters.",
  fix: "Put an outbound, such as freedom, first, with another tag than the API's.",
  evidence: "measured",
  check(model, report) {
    const { api, outbounds, root, target } = model;
    if (api?.tag === undefined || api.listen !== undefined) return;
    const [first] = outbounds;
    const written = member(root, "outbounds");
    if (first === undefined) {
      const isUnread = target === "xray" && [member(root, "outbound"), member(root, "outboundDetour")].some(Boolean);
      if (isUnread) return;
      report({
        at: written ?? api.node,
        onKey: true,
        message: "there is no outbound but the API",
        edit: (editor) => editor.set(root, ["outbounds"], [{ tag: "direct", protocol: "freedom" }]),
      });
    } else if (first.tag === api.tag) {
      const at = member(first.node, "tag") ?? first.node;
      report({ at, message: `the first outbound is called ${quoted(api.tag)}, as the API, which takes its place` });
    }
  },
};

export const apiTagTaken: Rule = {
  id: "api-tag-taken",
  severity: "warning",
  targets: routedTargets,
  summary: "An outbound has the API's tag.",
  consequence: "The core removes the outbound at its start and puts the API there: what is led to it fails.",
  fix: "Give the outbound, or the API, another tag.",
  evidence: "measured",
  check({ api, outbounds }, report) {
    if (api?.tag === undefined || api.listen !== undefined) return;
    for (const { tag, node } of outbounds.slice(1)) {
      if (tag !== api.tag || outbounds[0]?.tag === api.tag) continue;
      report({ at: member(node, "tag") ?? node, message: `an outbound is called ${quoted(tag)}, as the API is` });
    }
  },
};

export const balancerSelectsApi: Rule = {
  id: "balancer-selects-api",
  severity: "error",
  // The balancers of jsonv5 select nothing: what is led to one leaves by the default outbound.
  targets: ["v2ray4", "v2ray5", "xray"],
  summary: "A balancer's selector is the beginning of the API's tag.",
  consequence: "Part of the users' connections goes into the API: they fail, and can read and reset the counters.",
  fix: "Give the API a tag that no selector begins, or make the selector longer.",
  evidence: "measured",
  check({ api, balancers, rules }, report) {
    const tag = api?.tag;
    if (tag === undefined || api?.listen !== undefined) return;
    const used = new Set(rules.flatMap(({ outboundTag, balancerTag }) => (outboundTag ? [] : (balancerTag ?? []))));
    for (const balancer of balancers) {
      const isUsed = balancer.tag !== undefined && used.has(balancer.tag);
      const selector = balancer.selectors.find((each) => tag.startsWith(each));
      if (!isUsed || selector === undefined) continue;
      const at = member(balancer.node, "selector") ?? member(balancer.node, "outboundSelector") ?? balancer.node;
      report({
        at,
        message: `${quoted(selector)} of ${quoted(balancer.tag ?? "")} also selects the API ${quoted(tag)}`,
      });
    }
  },
};
