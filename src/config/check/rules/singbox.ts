import type { ConfigModel } from "../../model/config-model.ts";
import { countedOutbounds } from "../../model/counted-outbounds.ts";
import { isTrue, itemsOf, member, memberAt, stringOf } from "../../syntax/lookup.ts";
import type { Rule } from "../rule.ts";
import { freePort, quoted } from "./api-words.ts";

export const singboxBuildTag: Rule = {
  id: "singbox-build-tag",
  severity: "info",
  targets: ["sing-box"],
  summary: "The statistics API is not in the official builds of sing-box.",
  consequence: "They refuse: `v2ray api is not included in this build, rebuild with -tags with_v2ray_api`.",
  fix: "Build it yourself with that tag; `sing-box version` prints the tags of a build.",
  evidence: "source",
  check({ api }, report) {
    if (api !== undefined) report({ at: api.node, onKey: true, message: `"v2ray_api" needs a build of your own` });
  },
};

export const singboxApiMissing: Rule = {
  id: "singbox-api-missing",
  severity: "error",
  targets: ["sing-box"],
  summary: "There is no `experimental.v2ray_api`.",
  consequence: "The core carries traffic and keeps no counters.",
  fix: "Add `v2ray_api` with `listen`, and `stats` that lists the inbounds, outbounds and users to count.",
  evidence: "measured",
  check(model, report) {
    const { root, inbounds, api } = model;
    if (api !== undefined) return;
    const stats = {
      enabled: true,
      inbounds: inbounds.flatMap(({ tag }) => tag ?? []),
      outbounds: countedOutbounds(model).flatMap(({ tag }) => tag ?? []),
      users: [...new Set(inbounds.flatMap(({ users }) => users.flatMap(({ name }) => name ?? [])))],
    };
    report({
      at: memberAt(root, "experimental", "v2ray_api") ?? member(root, "experimental") ?? root,
      message: 'nothing is counted here: there is no "experimental.v2ray_api"',
      edit: (editor) =>
        editor.set(root, ["experimental", "v2ray_api"], { listen: `127.0.0.1:${freePort(model)}`, stats }),
    });
  },
};

export const singboxListenMissing: Rule = {
  id: "singbox-listen-missing",
  severity: "error",
  targets: ["sing-box"],
  summary: "`v2ray_api` says nothing of where it listens.",
  consequence: "There is no API and nothing is counted, without a word of warning.",
  fix: 'Add `"listen": "127.0.0.1:10085"`.',
  evidence: "measured",
  check(model, report) {
    const { api } = model;
    if (api === undefined || api.listen !== undefined) return;
    if (api.listenNode !== undefined && api.listenNode.kind !== "null" && api.listenNode.kind !== "string") return;
    report({
      at: api.listenNode ?? api.node,
      onKey: true,
      message: `"v2ray_api" does not listen anywhere`,
      edit: (editor) => editor.set(api.node, ["listen"], `127.0.0.1:${freePort(model)}`),
    });
  },
};

export const singboxStatsOff: Rule = {
  id: "singbox-stats-off",
  severity: "error",
  targets: ["sing-box"],
  summary: "`v2ray_api` listens, but its `stats` are not enabled.",
  consequence:
    "The check passes and it starts; the first connection then ends the whole process (nil pointer, exit code 2).",
  fix: 'Write `"enabled": true`, or take `v2ray_api` out.',
  evidence: "measured",
  check({ api, stats }, report) {
    const enabled = member(stats, "enabled");
    if (api?.listen === undefined || isTrue(enabled)) return;
    if (enabled !== undefined && enabled.kind !== "boolean" && enabled.kind !== "null") return;
    report({
      at: enabled ?? stats ?? api.node,
      onKey: true,
      message: stats?.kind === "object" ? `"stats" is not enabled` : `"v2ray_api" has no "stats"`,
      edit: (editor) => editor.set(api.node, ["stats", "enabled"], true),
    });
  },
};

export const singboxTagUnknown: Rule = {
  id: "singbox-tag-unknown",
  severity: "error",
  targets: ["sing-box"],
  summary: "A listed inbound or outbound does not exist.",
  consequence: "There is no counter for it, without a word of warning.",
  fix: "Write the tag as the inbound or outbound has it; upper and lower case count.",
  evidence: "measured",
  check(model, report) {
    for (const kind of ["inbound", "outbound"] as const) {
      const tags = tagsOf(model, kind);
      for (const node of itemsOf(member(model.stats, `${kind}s`))) {
        const listed = stringOf(node);
        if (listed === undefined || tags.has(listed)) continue;
        const meant = [...tags].find((tag) => tag.toLowerCase() === listed.toLowerCase());
        report({
          at: node,
          message: `there is no ${kind} ${quoted(listed)}${meant === undefined ? "" : `; ${quoted(meant)} is meant`}`,
          edit: meant === undefined ? undefined : (editor) => editor.replace(node, meant),
        });
      }
    }
  },
};

/** sing-box calls what has no tag by its index, and adds the outbound "direct" where there is none. */
function tagsOf({ inbounds, outbounds }: ConfigModel, kind: "inbound" | "outbound"): ReadonlySet<string> {
  const parts = kind === "inbound" ? inbounds : outbounds;
  const tags = parts.map(({ tag }, index) => tag ?? String(index));
  return new Set(kind === "outbound" && tags.length === 0 ? ["direct"] : tags);
}
