import { parseStatName } from "../names/parse-stat-name.ts";
import type { Scope } from "../names/stat-name.ts";

/** Bytes of one inbound, outbound or user. */
export interface SubjectTraffic {
  /** Whose bytes. */
  readonly scope: Scope;
  /** An inbound's tag, an outbound's tag or a user's e-mail. */
  readonly subject: string;
  /** Bytes from the user to the Internet. */
  readonly uplink: bigint;
  /** Bytes back. */
  readonly downlink: bigint;
  /** Both together. */
  readonly total: bigint;
}

/** Joins the two counters of each subject of a scope; one that is absent counts as zero. First seen, first listed. */
export function subjectsOf(counters: Iterable<readonly [name: string, bytes: bigint]>, scope: Scope): SubjectTraffic[] {
  const prefix = `${scope}>>>`;
  const subjects = new Map<string, { uplink: bigint; downlink: bigint }>();
  for (const [text, bytes] of counters) {
    if (!text.startsWith(prefix)) continue;
    const name = parseStatName(text);
    if (name.kind !== "traffic") continue;
    let traffic = subjects.get(name.subject);
    if (traffic === undefined) {
      traffic = { uplink: 0n, downlink: 0n };
      subjects.set(name.subject, traffic);
    }
    traffic[name.direction] += bytes;
  }
  return Array.from(subjects, ([subject, { uplink, downlink }]) => {
    return { scope, subject, uplink, downlink, total: uplink + downlink };
  });
}
