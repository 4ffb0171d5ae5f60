import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { StatsError } from "../../errors/stats-error.ts";
import type { NodeTotals } from "../../ledger/node-totals.ts";
import { writeDurably } from "./write-durably.ts";

/** How much of each counter was posted. */
export interface Position {
  /** Whose counters. */
  readonly ledger: string;
  readonly node: string;
  /** When. */
  readonly at: Date;
  /** Bytes by the counter's id. */
  readonly posted: ReadonlyMap<number, bigint>;
  /** A post of which nobody knows yet whether it arrived; `posted` holds it already. */
  readonly pending: PendingPost | undefined;
}

/** A post on its way. */
export interface PendingPost {
  /** Random. */
  readonly id: string;
  /** Its deltas are of this time. */
  readonly from: Date;
  readonly to: Date;
  /** What moved, by the counters' names. */
  readonly deltas: ReadonlyMap<string, bigint>;
}

const bytes = v.pipe(
  v.string(),
  v.regex(/^\d{1,30}$/),
  v.transform((text) => BigInt(text)),
);
const time = v.pipe(
  v.string(),
  v.transform((text) => new Date(text)),
  v.check((date) => !Number.isNaN(date.getTime())),
);
const schema = v.object({
  version: v.literal(1),
  ledger: v.string(),
  node: v.string(),
  at: time,
  posted: v.array(v.tuple([v.number(), bytes])),
  pending: v.optional(
    v.object({ id: v.string(), from: time, to: time, deltas: v.array(v.tuple([v.string(), bytes])) }),
  ),
});

/**
 * Reads a position; `undefined` where there is none yet.
 *
 * @throws StatsError `malformed` where it is none, or another node's: to begin anew could send twice.
 */
export async function readPosition(file: string, node: string): Promise<Position | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = v.safeParse(schema, parseJson(text));
  if (!parsed.success || parsed.output.node !== node)
    throw new StatsError("malformed", `${file} does not say how far ${node} was sent`, {
      advice: "Name another file, or remove it: then only what flows from now on is sent.",
    });
  const { ledger, at, posted, pending } = parsed.output;
  return {
    ...{ ledger, node, at },
    posted: new Map(posted),
    pending: pending && { ...pending, deltas: new Map(pending.deltas) },
  };
}

/** Writes a position durably. */
export async function writePosition(file: string, { posted, pending, ...rest }: Position): Promise<void> {
  const json = {
    version: 1,
    ...rest,
    posted: Array.from(posted, ([id, value]) => [id, `${value}`]),
    ...(pending && {
      pending: { ...pending, deltas: Array.from(pending.deltas, ([name, value]) => [name, `${value}`]) },
    }),
  };
  await writeDurably(file, JSON.stringify(json));
}

/** Everything counts as posted: what flows from now on is sent. */
export function positionAt({ ledger, counters }: NodeTotals, node: string, at: Date): Position {
  return { ledger, node, at, posted: new Map(counters.map(({ id, bytes }) => [id, bytes])), pending: undefined };
}

const mostBytes = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The position after a post of what moved since the one before; its deltas name every counter, also those that did not
 * move. What does not fit into JSON's numbers stays for the next. Of a ledger that was put back from a backup only what
 * goes beyond what was posted counts.
 */
export function advance(
  { node, at: from, posted: before }: Position,
  { ledger, counters }: NodeTotals,
  at: Date,
): Position & { readonly pending: PendingPost } {
  const posted = new Map(before);
  const deltas = new Map<string, bigint>();
  for (const { id, name, bytes } of counters) {
    const last = before.get(id) ?? 0n;
    const sum = deltas.get(name) ?? 0n;
    const moved = bytes > last ? bytes - last : 0n;
    const room = mostBytes - sum;
    const delta = moved < room ? moved : room;
    posted.set(id, last + delta);
    deltas.set(name, sum + delta);
  }
  return { ledger, node, at, posted, pending: { id: randomUUID(), from, to: at, deltas } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
