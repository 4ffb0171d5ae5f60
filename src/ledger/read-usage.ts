import { parseStatName } from "../names/parse-stat-name.ts";
import type { Direction } from "../names/stat-name.ts";
import { assertTimeZone, bucketBounds } from "../usage/buckets.ts";
import type { Usage, UsageBucket, UsageKey, UsageQuery } from "../usage/usage-query.ts";
import { quarterMs, quarterStart } from "./quarter.ts";
import type { LedgerRead } from "./store.ts";
import { sumRange } from "./sum-range.ts";
import { assertTimeRange } from "./time-range.ts";

const buckets: readonly string[] = ["quarter", "hour", "day", "week", "month"] satisfies UsageBucket[];
const keys: readonly string[] = [...buckets, ...(["node", "subject", "user", "direction"] satisfies UsageKey[])];

interface Sum {
  readonly node: string | undefined;
  readonly subject: string | undefined;
  readonly direction: Direction | undefined;
  readonly start: Date | undefined;
  uplink: bigint;
  downlink: bigint;
}

/** Refuses a question that has no answer, before anything is read. @throws RangeError */
export function assertUsageQuery({ by = [], scope = "user", timeZone = "UTC", from, to }: UsageQuery): void {
  assertTimeZone(timeZone);
  assertTimeRange(from, to);
  const unknown = by.find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new RangeError(`usage cannot be split by ${unknown}; it can by ${keys.join(", ")}`);
  if (by.filter((key) => buckets.includes(key)).length > 1)
    throw new RangeError("usage can be split by one length of time, not by several");
  if (by.includes("user") && scope !== "user") throw new RangeError(`usage of scope ${scope} has no users to split by`);
}

/** Answers a question about usage, by time, node, subject and direction in that order. */
export async function readUsage(tx: LedgerRead, query: UsageQuery): Promise<Usage[]> {
  const { by = [], timeZone = "UTC" } = query;
  const bucket = by.find((key): key is UsageBucket => buckets.includes(key));
  const extent = await tx.extent();
  if (extent === undefined) return [];
  // Not further than there is usage: from the year 0 on there are many hours.
  const [earliest, latest] = [quarterStart(extent.from), quarterStart(extent.to)];
  const from = query.from !== undefined && query.from > earliest ? query.from : earliest;
  const to = query.to !== undefined && query.to < latest ? query.to : latest;
  if (from >= to) return [];
  const bounds = bucket === undefined ? [from, to] : bucketBounds(bucket, timeZone, from, to);
  const sums = new Map<string, Sum>();
  const wanted = await wantedCounters(tx, query);
  for (let index = 0; index + 1 < bounds.length; index++) {
    const start = bounds[index] as Date;
    const first = Math.floor(Math.max(start.getTime(), from.getTime()) / quarterMs);
    const end = Math.ceil(Math.min((bounds[index + 1] as Date).getTime(), to.getTime()) / quarterMs);
    const { counters, bytes: moved } = await sumRange(tx, { nodes: "all" }, first, end);
    for (const [at, counter] of counters.entries()) {
      const bytes = moved[at] as bigint;
      const name = wanted.get(counter);
      if (name === undefined) continue;
      const group = {
        node: by.includes("node") ? name.node : undefined,
        subject: by.includes("subject") || by.includes("user") ? name.subject : undefined,
        direction: by.includes("direction") ? name.direction : undefined,
        start: bucket === undefined ? undefined : start,
      };
      const key = JSON.stringify([index, group.node, group.subject, group.direction]);
      let sum = sums.get(key);
      if (sum === undefined) {
        sum = { ...group, uplink: 0n, downlink: 0n };
        sums.set(key, sum);
      }
      sum[name.direction] += bytes;
    }
  }
  return [...sums.values()].sort(byKeys).map((sum) => ({ ...sum, total: sum.uplink + sum.downlink }));
}

function byKeys(a: Sum, b: Sum): number {
  return (
    Number(a.start ?? 0) - Number(b.start ?? 0) ||
    compare(a.node, b.node) ||
    compare(a.subject, b.subject) ||
    compare(a.direction, b.direction)
  );
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Counted {
  readonly node: string;
  readonly subject: string;
  readonly direction: Direction;
}

/** Counters of the scope, and of the node and subject where one is asked for, with what their names say. */
async function wantedCounters(tx: LedgerRead, query: UsageQuery): Promise<Map<number, Counted>> {
  const { scope = "user", subject, node: wantedNode } = query;
  const wanted = new Map<number, Counted>();
  for (const node of await tx.nodes()) {
    if (wantedNode !== undefined && node.name !== wantedNode) continue;
    for (const { id, name } of await tx.counters(node.id)) {
      const parsed = parseStatName(name);
      if (parsed.kind !== "traffic" || parsed.scope !== scope) continue;
      if (subject !== undefined && parsed.subject !== subject) continue;
      wanted.set(id, { node: node.name, subject: parsed.subject, direction: parsed.direction });
    }
  }
  return wanted;
}
