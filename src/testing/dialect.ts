import { GrpcStatus, grpcCode } from "./grpc-status.ts";

/** Which core is imitated: V2Ray 4.34, V2Ray 5.52, Xray 26.3 or sing-box 1.14. */
export type Dialect = "v2ray4" | "v2ray5" | "xray" | "sing-box";

/** A request's fields as they came; which ones a method has is in the `.proto` files of this package. */
export interface EmbeddedRequest {
  /** A counter's or online map's whole name. */
  readonly name?: string;
  /** Whether counters were to be zeroed. */
  readonly reset?: boolean;
  /** A substring. */
  readonly pattern?: string;
  /** Several substrings or expressions. */
  readonly patterns?: readonly string[];
  /** Whether the patterns are expressions. */
  readonly regexp?: boolean;
}

/** What differs between the cores. */
export interface DialectRules {
  /** Serves the Xray service beside V2Ray's, both with online maps. */
  readonly hasOnlineMaps: boolean;
  /** Counters of inbounds and outbounds are there, at 0, from the start; else from the first connection. */
  readonly listsTagsFromStart: boolean;
  /** Hands plain TCP connections to the kernel, which tells their downlink at the end (on Linux). */
  readonly splices: boolean;
  /** Begins the text of the error for an unknown counter. */
  readonly notFoundPrefix: string;
  /** Begins the text of the error where the configuration has no `stats`; `undefined` where that cannot be. */
  readonly noStatsPrefix: string | undefined;
  /** Status of an unknown counter. */
  readonly notFoundCode: number;
  /** Status of a path without a method. */
  readonly badPathCode: number;
  /** Answers headers it does not like with an HTTP error and keeps to `grpc-timeout`; V2Ray 4's older gRPC does neither. */
  readonly modernGrpc: boolean;
  /** How often a counter is in the answer to a QueryStats request. */
  readonly createSelector: (request: EmbeddedRequest) => Selector;
}

/** How often a counter is in an answer; `"never-answers"` is the request V2Ray 5 loops on for ever. */
export type Selector = ((name: string) => number) | "never-answers";

/** The rules of each core, measured on the versions that {@link Dialect} names. */
export const dialects: Readonly<Record<Dialect, DialectRules>> = {
  v2ray4: {
    hasOnlineMaps: false,
    listsTagsFromStart: true,
    splices: false,
    notFoundPrefix: "v2ray.com/core/app/stats/command: ",
    noStatsPrefix: "v2ray.com/core/app/stats/command: ",
    notFoundCode: grpcCode.unknown,
    badPathCode: grpcCode.resourceExhausted,
    modernGrpc: false,
    createSelector: selectByPattern,
  },
  v2ray5: {
    hasOnlineMaps: false,
    listsTagsFromStart: true,
    splices: false,
    notFoundPrefix: "app/stats/command: ",
    noStatsPrefix: "app/stats/command: ",
    notFoundCode: grpcCode.unknown,
    badPathCode: grpcCode.unimplemented,
    modernGrpc: true,
    createSelector: selectByUnion,
  },
  xray: {
    hasOnlineMaps: true,
    listsTagsFromStart: true,
    splices: true,
    notFoundPrefix: "",
    noStatsPrefix: "app/stats/command: ",
    notFoundCode: grpcCode.notFound,
    badPathCode: grpcCode.unimplemented,
    modernGrpc: true,
    createSelector: selectByPattern,
  },
  "sing-box": {
    hasOnlineMaps: false,
    listsTagsFromStart: false,
    splices: false,
    notFoundPrefix: "",
    noStatsPrefix: undefined,
    notFoundCode: grpcCode.unknown,
    badPathCode: grpcCode.unimplemented,
    modernGrpc: true,
    createSelector: selectByEachPattern,
  },
};

/** V2Ray 4 and Xray: one substring; `patterns` and `regexp` are ignored. */
function selectByPattern({ pattern = "" }: EmbeddedRequest): Selector {
  return (name) => (name.includes(pattern) ? 1 : 0);
}

/** V2Ray 5: the union of `pattern` and `patterns`. */
function selectByUnion({ pattern = "", patterns = [], regexp = false }: EmbeddedRequest): Selector {
  const all = pattern === "" ? patterns : [...patterns, pattern];
  if (all.length === 0) return () => 1;
  if (!regexp && all.includes("")) return "never-answers";
  const tests = createTests(all, regexp);
  return (name) => (tests.some((test) => test(name)) ? 1 : 0);
}

/** sing-box: only `patterns`, and a counter once for each that matches. */
function selectByEachPattern({ patterns = [], regexp = false }: EmbeddedRequest): Selector {
  if (patterns.length === 0) return () => 1;
  const tests = createTests(patterns, regexp);
  return (name) => tests.filter((test) => test(name)).length;
}

function createTests(patterns: readonly string[], regexp: boolean): ((name: string) => boolean)[] {
  return patterns.map((pattern) => {
    if (!regexp) return (name) => name.includes(pattern);
    const expression = compile(pattern);
    return (name) => expression.test(name);
  });
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    const why = (error as SyntaxError).message.split(": ").at(-1);
    throw new GrpcStatus(grpcCode.unknown, `error parsing regexp: ${why}: \`${pattern}\``);
  }
}
