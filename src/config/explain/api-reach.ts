import { findingsOf } from "../check/check-stats-config.ts";
import type { Finding } from "../check/finding.ts";
import { rules } from "../check/rules.ts";
import type { ConfigModel } from "../model/config-model.ts";
import type { ConfigNode } from "../syntax/node.ts";

/** Where a configuration has its API. */
export interface ApiPlace {
  /** As `StatsClient` takes it: `127.0.0.1:10085`, `unix:/path`; a host of all addresses as it is written. */
  readonly address: string;
  readonly node: ConfigNode;
}

/** Finds where a configuration has its API: by `listen`, or by the inbounds whose rules lead there. */
export function apiPlaces({ api, inbounds }: ConfigModel): ApiPlace[] {
  if (api === undefined) return [];
  if (api.listen !== undefined && api.listenNode !== undefined)
    return [{ address: /^[/@]/.test(api.listen) ? `unix:${api.listen}` : api.listen, node: api.listenNode }];
  return inbounds
    .filter(({ leadsToApi }) => leadsToApi)
    .flatMap(({ node, listen = "0.0.0.0", ports }) => {
      if (/^[/@]/.test(listen)) return [{ address: `unix:${listen}`, node }];
      const host = listen.includes(":") ? `[${listen}]` : listen;
      return ports.slice(0, 1).map(({ from }) => ({ address: `${host}:${from}`, node }));
    });
}

/** Errors about the API that leave it reachable. */
const stillReachable = new Set(["api-listen-public", "api-is-default-outbound"]);

/** What keeps the core from starting, and everybody from reading its counters. */
export interface Obstacles {
  readonly start: readonly Finding[];
  readonly api: readonly Finding[];
}

/** All that the rules find in a configuration. */
export function allFindings(model: ConfigModel): Finding[] {
  return findingsOf(
    model,
    rules.filter(({ targets }) => targets.includes(model.target)),
  );
}

/** Picks the findings that are in the way of every counter. */
export function obstaclesAmong(findings: readonly Finding[]): Obstacles {
  const start = findings.filter(({ consequence }) => endsAtStart.test(consequence));
  const api = findings.filter((finding) => {
    const { rule, severity } = finding;
    return severity === "error" && rule.startsWith("api-") && !stillReachable.has(rule) && !start.includes(finding);
  });
  return { start, api };
}

/** What consequences of rules say where the core does not come to run. */
const endsAtStart = /\brefuses to start\b|ends with a Go panic|, and the start fails/;
