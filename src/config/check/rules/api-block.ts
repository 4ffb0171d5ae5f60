import type { ConfigModel } from "../../model/config-model.ts";
import { itemsOf, member, memberAt, stringOf } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import { isAtLeast } from "../../target.ts";
import type { Rule } from "../rule.ts";
import { serviceCalled, serviceMeant, servicesOf, wordFor } from "./api-services.ts";
import { orphanApiTag } from "./api-way.ts";
import { apiLanguage, freePort, freeTag, quoted, quotedList, routedTargets } from "./api-words.ts";
import { wantsStats } from "./policy-flags.ts";

export const apiBlockMissing: Rule = {
  id: "api-block-missing",
  severity: "error",
  targets: routedTargets,
  summary: "There is no `api` block.",
  consequence: "Nobody can read the counters: calls are refused, or end without an answer.",
  fix: 'Add `"api": { "tag": "api", "services": ["StatsService"] }`, an inbound for it, and a rule from there to it.',
  evidence: "measured",
  check(model, report) {
    const { root, target, api } = model;
    if (api !== undefined) return;
    const { api: path, services, stats } = apiLanguage(target);
    const written = memberAt(root, ...path);
    const orphan = orphanApiTag(model);
    const block = { tag: orphan ?? freeTag(model, "api"), [services]: [stats] };
    const listens = orphan === undefined && target === "xray" && isAtLeast(model.version, "1.8.12");
    report({
      at: written ?? root,
      message: wantsStats(model)
        ? `there is no ${quoted(path.join("."))} to read the counters by`
        : `nothing is counted here: there is no "stats", no flag in "policy" and no ${quoted(path.join("."))}`,
      ...(!wantsStats(model) && { consequence: "The core carries traffic and keeps no counters." }),
      ...(target === "xray" && member(root, "metrics")?.kind === "object" && throughMetrics),
      edit: (editor) => editor.set(root, path, listens ? { ...block, listen: `127.0.0.1:${freePort(model)}` } : block),
    });
  },
};

const throughMetrics = {
  severity: "info",
  consequence: "The counters can be read as JSON through `metrics` only, and not reset.",
} as const;

export const apiTagMissing: Rule = {
  id: "api-tag-missing",
  severity: "error",
  targets: routedTargets,
  summary: "The API has no tag.",
  consequence: "The core refuses to start: `API tag can't be empty.`",
  fix: 'Add `"tag": "api"`, the tag that the routing rule leads to.',
  evidence: "measured",
  check(model, report) {
    const { api, target } = model;
    if (api === undefined || api.tag !== undefined) return;
    const written = member(api.node, "tag");
    const tag = orphanApiTag(model) ?? freeTag(model, "api");
    report({
      at: written ?? api.node,
      onKey: written === undefined,
      message: `${quoted(apiLanguage(target).api.join("."))} has no tag`,
      consequence: target === "v2ray5-jsonv5" ? "Calls are accepted and end without an answer." : undefined,
      edit: (editor) => editor.set(api.node, ["tag"], tag),
    });
  },
};

export const apiServiceMissing: Rule = {
  id: "api-service-missing",
  severity: "error",
  targets: routedTargets,
  summary: "The API does not offer the service for statistics.",
  consequence: "Calls end with code 12, `unknown service v2ray.core.app.stats.command.StatsService`.",
  fix: "Add StatsService to the API's services.",
  evidence: "measured",
  check(model, report) {
    const { api, target, version } = model;
    if (api === undefined || api.services.some((word) => isStats(serviceCalled(word, target, version)))) return;
    const { services, stats } = apiLanguage(target);
    const meant = unknownServices(model).find(({ word }) => isStats(serviceMeant(word, target, version)));
    if (meant !== undefined && target === "v2ray5-jsonv5") return;
    const list = api.servicesNode;
    report({
      at: meant?.node ?? list ?? api.node,
      onKey: list === undefined,
      message: meant
        ? `there is no service ${quoted(meant.word)}; ${stats} is meant`
        : `${stats} is not among the services`,
      edit: (editor) => {
        if (meant !== undefined) editor.replace(meant.node, stats);
        else if (list?.kind === "array") editor.insert(list, list.children.length, stats);
        else editor.set(api.node, [services], [stats]);
      },
    });
  },
};

function isStats(service: ReturnType<typeof serviceCalled>): boolean {
  return service?.name === "StatsService";
}

export const apiServiceUnknown: Rule = {
  id: "api-service-unknown",
  severity: "warning",
  targets: routedTargets,
  summary: "The API lists a service that this core does not have.",
  consequence: "The core ignores it without a word; calls of it end with code 12.",
  fix: "Correct or remove it.",
  evidence: "measured",
  check(model, report) {
    const { target, version, api } = model;
    const isStrict = target === "v2ray5-jsonv5";
    const known = servicesOf(target, version).map((service) => wordFor(service, target));
    for (const { word, node } of unknownServices(model)) {
      const meant = serviceMeant(word, target, version);
      if (!isStrict && isStats(meant) && !api?.services.some((each) => isStats(serviceCalled(each, target, version))))
        continue;
      report({
        at: node,
        message: `there is no service ${quoted(word)}`,
        fix: meant ? `Write ${quoted(wordFor(meant, target))}.` : `Remove it, or choose of ${quotedList(known)}.`,
        ...(isStrict && { severity: "error", consequence: strictly }),
        edit: (editor) => {
          if (meant !== undefined) editor.replace(node, wordFor(meant, target));
          else if (api?.servicesNode !== undefined) editor.remove(api.servicesNode, node);
        },
      });
    }
  },
};

const strictly = "The core refuses to start: `cannot find implementation by alias`. Upper and lower case count.";

interface WrittenService {
  readonly word: string;
  readonly node: ConfigNode;
}

function writtenServices({ api }: ConfigModel): WrittenService[] {
  return itemsOf(api?.servicesNode).flatMap((node) => {
    const word = stringOf(node);
    return word === undefined ? [] : [{ word, node }];
  });
}

function unknownServices(model: ConfigModel): WrittenService[] {
  return writtenServices(model).filter(({ word }) => serviceCalled(word, model.target, model.version) === undefined);
}

export const apiServiceNeedless: Rule = {
  id: "api-service-needless",
  severity: "warning",
  targets: routedTargets,
  summary: "The API offers services that reading statistics does not need, and that change what the core does.",
  consequence: "Whoever reaches the API can use them; there is no password.",
  fix: "Remove them, where nothing but statistics is asked of this core.",
  evidence: "measured",
  check(model, report) {
    for (const { word, node } of writtenServices(model)) {
      const service = serviceCalled(word, model.target, model.version);
      if (service?.power === undefined) continue;
      report({ at: node, message: `${quoted(word)} lets everybody who reaches the API ${service.power}` });
    }
  },
};

export const apiObservatoryMissing: Rule = {
  id: "api-observatory-missing",
  severity: "error",
  targets: ["v2ray5", "v2ray5-jsonv5", "xray"],
  summary: "The API offers ObservatoryService, and there is no observatory.",
  consequence: "The core refuses to start: `not all dependencies are resolved`.",
  fix: "Remove the service, or add an `observatory`.",
  evidence: "measured",
  check(model, report) {
    const { root, target, version, api } = model;
    const holder = target === "v2ray5-jsonv5" ? member(root, "services") : root;
    if (observatories.some((name) => member(holder, name)?.kind === "object")) return;
    for (const { word, node } of writtenServices(model)) {
      const list = api?.servicesNode;
      if (serviceCalled(word, target, version)?.name !== "ObservatoryService" || list === undefined) continue;
      report({
        at: node,
        message: `${quoted(word)} needs an observatory, and there is none`,
        edit: (editor) => editor.remove(list, node),
      });
    }
  },
};

const observatories = ["observatory", "burstObservatory", "multiObservatory", "backgroundObservatory"];
