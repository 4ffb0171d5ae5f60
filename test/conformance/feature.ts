import type { Counter } from "../../src/index.ts";
import type { CoreKind } from "../support/real-cores.ts";
import type { Subject } from "./subjects.ts";
import { isOfApi } from "./subjects.ts";

/** Something that can be asked of every core. */
export interface Feature {
  /** Also the test's name. */
  readonly feature: string;
  /** Asks; answers with plain data. */
  readonly ask: (subject: Subject) => Promise<unknown>;
  /** What the core says. */
  readonly want: (kind: CoreKind) => unknown;
}

/** The names of the subjects' counters, downlink first. */
export function counterNames(scope: string, ...subjects: readonly string[]): string[] {
  return subjects.flatMap((subject) => ["downlink", "uplink"].map((way) => `${scope}>>>${subject}>>>traffic>>>${way}`));
}

export const auser: readonly string[] = counterNames("user", "auser");
export const weird: readonly string[] = counterNames("user", "we>>>ird é");
export const users: readonly string[] = [...auser, ...counterNames("user", "buser"), ...weird];
export const inbounds: readonly string[] = counterNames("inbound", "vmess-in");
export const powerUser: readonly string[] = counterNames("outbound", "power-user");
export const outbounds: readonly string[] = [...counterNames("outbound", "direct"), ...powerUser];

/** At zero: V2Ray and Xray list tags from the start, sing-box from the first connection. */
export function idle(kind: CoreKind): string[] {
  return kind === "sing-box" ? [] : counterNames("outbound", "idle");
}

/** V2Ray 4 and Xray take the fields `patterns` and `regexp` for "all". */
export function ignoresPatterns(kind: CoreKind): boolean {
  return kind === "v2ray4" || kind === "xray";
}

/** Names, sorted, those of the API's own inbound left out; `"all"` where it is every one, once. */
export function shown(kind: CoreKind, counters: readonly { readonly name: string }[]): unknown {
  const all = [...inbounds, ...outbounds, ...idle(kind), ...users];
  const names = counters.map(({ name }) => name).filter((name) => !isOfApi(name));
  return names.toSorted().join() === all.toSorted().join() ? "all" : names.sort();
}

/** `name=value`, sorted. */
export function valued(counters: Iterable<Counter | readonly [name: string, value: bigint]>): string[] {
  return Array.from(counters, (counter) => {
    const [name, value] = "name" in counter ? [counter.name, counter.value] : counter;
    return `${name}=${value}`;
  }).sort();
}
