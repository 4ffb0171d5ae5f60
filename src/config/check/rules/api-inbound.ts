import type { ConfigModel, InboundModel } from "../../model/config-model.ts";
import { isTrue, member, stringListOf } from "../../syntax/lookup.ts";
import { isAtLeast } from "../../target.ts";
import type { Rule } from "../rule.ts";
import {
  addressOf,
  asksPassword,
  isDokodemo,
  isSocket,
  networksOf,
  ownPortIsDefault,
  portSettingOf,
} from "./api-inbound-parts.ts";
import { apiInbounds, apiWayOf } from "./api-way.ts";
import { apiLanguage, nameInbound, quoted, routedTargets } from "./api-words.ts";

export const apiInboundProtocol: Rule = {
  id: "api-inbound-protocol",
  severity: "error",
  targets: routedTargets,
  summary: "The inbound that leads to the API is no dokodemo-door.",
  consequence: "It takes calls of the API for its own protocol and ends them: an HTTP/2 protocol error, or no answer.",
  fix: "Give the API an inbound of its own, with `dokodemo-door`.",
  evidence: "measured",
  check(model, report) {
    for (const inbound of apiInbounds(model)) {
      if (isDokodemo(inbound) || asksPassword(inbound)) continue;
      const { protocol, protocolNode, node } = inbound;
      report({
        at: protocolNode ?? node,
        message: `${nameInbound(inbound)} leads to the API, and is ${quoted(protocol)}`,
      });
    }
  },
};

export const apiInboundNoAddress: Rule = {
  id: "api-inbound-no-address",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "v2ray5-jsonv5"],
  summary: "The API's inbound has no `settings.address`.",
  consequence: "Calls are accepted and end without an answer.",
  fix: 'Add `"address": "127.0.0.1"` to its settings; any address will do.',
  evidence: "measured",
  check(model, report) {
    for (const inbound of dokodemoInbounds(model)) {
      if (addressOf(inbound) !== undefined) continue;
      report({
        at: inbound.settings ?? inbound.node,
        message: `${nameInbound(inbound)} has no address in its settings`,
        edit: (editor) => editor.set(inbound.node, ["settings", "address"], "127.0.0.1"),
      });
    }
  },
};

export const apiInboundNoPortSetting: Rule = {
  id: "api-inbound-no-port-setting",
  severity: "warning",
  targets: ["xray"],
  summary: "The API's inbound has no `settings.port`, so that its target is the core itself.",
  consequence:
    "Harmless while the rule to the API holds. Without it one call makes the core connect to itself until it has no " +
    "file descriptors left.",
  fix: 'Add `"port": 1` to its settings, or use `api.listen` in place of the inbound.',
  evidence: "measured",
  check(model, report) {
    if (!ownPortIsDefault(model)) return;
    const way = apiWayOf(model);
    const meant = way.kind === "no-rule" || way.kind === "inbound-tag" ? [way.inbound] : [];
    for (const inbound of [...dokodemoInbounds(model), ...meant]) {
      if (portSettingOf(inbound) !== undefined || isSocket(inbound.listen) || followsRedirect(inbound)) continue;
      report({
        at: inbound.settings ?? inbound.node,
        message: `${nameInbound(inbound)} has no port in its settings: its target is its own port`,
        edit: (editor) => editor.set(inbound.node, ["settings", "port"], 1),
      });
    }
  },
};

export const apiInboundSocketPanic: Rule = {
  id: "api-inbound-socket-panic",
  severity: "error",
  targets: ["xray"],
  summary: "The API's inbound is a Unix socket and has no `settings.port`, before Xray 26.5.3.",
  consequence: "The first connection to the socket ends the whole process with a panic, exit code 2.",
  fix: 'Add `"port": 1` to its settings.',
  evidence: "measured",
  check(model, report) {
    if (!ownPortIsDefault(model) || isAtLeast(model.version, "26.5.3")) return;
    for (const inbound of dokodemoInbounds(model)) {
      if (portSettingOf(inbound) !== undefined || !isSocket(inbound.listen) || followsRedirect(inbound)) continue;
      if (!networksOf(inbound, model.target).includes("unix")) continue;
      report({
        at: inbound.settings ?? inbound.node,
        message: `${nameInbound(inbound)} is a Unix socket and has no port in its settings`,
        edit: (editor) => editor.set(inbound.node, ["settings", "port"], 1),
      });
    }
  },
};

export const apiInboundNetwork: Rule = {
  id: "api-inbound-network",
  severity: "error",
  targets: routedTargets,
  summary: "The API's inbound does not listen where it says: its `settings.network` has another kind of network.",
  consequence: "Connections are refused, or there is no socket file; the core says nothing about it.",
  fix: "Let `settings.network` hold `tcp` for a port, `unix` for a Unix socket.",
  evidence: "measured",
  check(model, report) {
    const { target } = model;
    const name = apiLanguage(target).network;
    for (const inbound of dokodemoInbounds(model)) {
      const wanted = isSocket(inbound.listen) ? "unix" : "tcp";
      const written = member(inbound.settings, name);
      // Without it jsonv5 panics.
      const isThere = target !== "v2ray5-jsonv5" || written !== undefined;
      if (isThere && networksOf(inbound, target).includes(wanted)) continue;
      const others = (stringListOf(written) ?? []).map((word) => word.trim()).filter(Boolean);
      report({
        at: written ?? inbound.settings ?? inbound.node,
        message: `${nameInbound(inbound)} listens on ${placeOf(inbound)}, and its ${name} is not ${quoted(wanted)}`,
        consequence: isThere ? undefined : "The core refuses to start: a panic, exit code 2.",
        edit: (editor) => editor.set(inbound.node, ["settings", name], [...others, wanted].join(",")),
      });
    }
  },
};

function placeOf({ listen }: InboundModel): string {
  return isSocket(listen) ? "a Unix socket" : "a port";
}

export const apiTunnelName: Rule = {
  id: "api-tunnel-name",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "v2ray5-jsonv5"],
  summary: "An inbound has the protocol `tunnel`, which is Xray's name for dokodemo-door.",
  consequence: "The core refuses to start: `unknown config id: tunnel`.",
  fix: "Write `dokodemo-door`.",
  evidence: "measured",
  check(model, report) {
    for (const inbound of model.inbounds) {
      const { protocol, protocolNode } = inbound;
      if (protocol !== "tunnel" || protocolNode === undefined) continue;
      report({
        at: protocolNode,
        message: `${nameInbound(inbound)} has a protocol that only Xray knows`,
        edit: (editor) => editor.replace(protocolNode, "dokodemo-door"),
      });
    }
  },
};

export const apiInboundCounted: Rule = {
  id: "api-inbound-counted",
  severity: "info",
  targets: routedTargets,
  summary: "The calls of the API are counted among the traffic of inbounds.",
  consequence: "The counter of the API's inbound grows by some 200 bytes with each call.",
  fix: "Leave it out of sums; Xray's `api.listen` is counted nowhere.",
  evidence: "measured",
  check(model, report) {
    const { statsInboundUplink, statsInboundDownlink } = model.policy.system;
    if (!statsInboundUplink && !statsInboundDownlink) return;
    for (const inbound of apiInbounds(model)) {
      report({
        at: member(inbound.node, "tag") ?? inbound.node,
        message: `${nameInbound(inbound)} is counted with every call of the API`,
      });
    }
  },
};

function dokodemoInbounds(model: ConfigModel): InboundModel[] {
  return apiInbounds(model).filter(isDokodemo);
}

function followsRedirect({ settings }: InboundModel): boolean {
  return isTrue(member(settings, "followRedirect"));
}
