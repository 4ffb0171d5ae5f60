import type { MessageInitShape } from "@bufbuild/protobuf";
import type { QueryStatsRequestSchema } from "../../src/gen/v2ray/core/app/stats/command/command_pb.ts";
import type { NamePattern } from "../../src/index.ts";
import type { CoreKind } from "../support/real-cores.ts";
import { auser, counterNames, type Feature, ignoresPatterns, powerUser, shown, users, weird } from "./feature.ts";
import { methods, rawCall } from "./raw-calls.ts";
import type { Subject } from "./subjects.ts";

/** A request as it goes over the wire. */
export type RawQuery = MessageInitShape<typeof QueryStatsRequestSchema>;

/** Sends a request that nothing of ours has touched; answers with the names. */
export async function queryRaw({ kind, client }: Subject, request: RawQuery): Promise<unknown> {
  const result = await rawCall(client.address, methods.queryStats, request);
  return "answer" in result ? shown(kind, result.answer.stat) : result;
}

function query(feature: string, pattern: NamePattern, want: unknown): Feature {
  return {
    feature: `query: ${feature}`,
    ask: async ({ kind, client }) => shown(kind, await client.query({ pattern })),
    want: () => want,
  };
}

function raw(feature: string, request: RawQuery, want: (kind: CoreKind) => unknown): Feature {
  return { feature: `raw QueryStats: ${feature}`, ask: (subject) => queryRaw(subject, request), want };
}

/** Which counters a query means: the same on every core with ours, and what each makes of the raw fields. */
export const queryFeatures: readonly Feature[] = [
  query("one text", "auser", auser),
  query("a scope is only text", "user>>>", [...powerUser, ...users].sort()),
  query("several texts, overlapping", ["auser", "user>>>auser", ">>>ird"], [...auser, ...weird]),
  query("an expression", /^user>>>.*downlink$/, users.filter((name) => name.endsWith("downlink")).sort()),
  query("an expression with flags", /^USER>>>A/gi, auser),
  query("no text at all, or an empty one, means all", "", "all"),
  query("an empty text among others means all", ["", "auser"], "all"),
  query("an empty list means none", [], []),
  query("case counts", "USER", []),
  query("a text is no expression", "^user", []),

  raw("nothing", {}, () => "all"),
  raw("`pattern` alone, ignored by sing-box", { pattern: "auser" }, (kind) => (kind === "sing-box" ? "all" : auser)),
  raw("`patterns` alone, ignored by V2Ray 4 and Xray", { patterns: ["auser"] }, (kind) =>
    ignoresPatterns(kind) ? "all" : auser,
  ),
  raw("several `patterns`", { patterns: ["auser", "ird"] }, (kind) =>
    ignoresPatterns(kind) ? "all" : [...auser, ...weird],
  ),
  raw("`pattern` and other `patterns`", { pattern: "auser", patterns: ["buser"] }, (kind) => {
    const buser = counterNames("user", "buser");
    return { v2ray4: auser, v2ray5: [...auser, ...buser], xray: auser, "sing-box": buser }[kind];
  }),
  raw("the same text in both: right on all", { pattern: "auser", patterns: ["auser"] }, () => auser),
  raw("overlapping `patterns`, twice on sing-box", { patterns: ["auser", "user>>>auser"] }, (kind) => {
    if (ignoresPatterns(kind)) return "all";
    return kind === "sing-box" ? [...auser, ...auser].sort() : auser;
  }),
  raw("`regexp` with `pattern`", { pattern: "^user>>>a", regexp: true }, (kind) => {
    return { v2ray4: [], v2ray5: auser, xray: [], "sing-box": "all" }[kind];
  }),
  raw("`regexp` with `patterns`", { patterns: ["^user>>>a"], regexp: true }, (kind) =>
    ignoresPatterns(kind) ? "all" : auser,
  ),
  raw("`regexp` with an empty text in `patterns`", { patterns: [""], regexp: true }, () => "all"),
  raw("a bad expression in `patterns`", { patterns: ["("], regexp: true }, (kind) =>
    ignoresPatterns(kind) ? "all" : { code: 2, text: "error parsing regexp: missing closing ): `(`" },
  ),
];
