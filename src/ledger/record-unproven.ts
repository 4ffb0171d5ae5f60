import { createHash } from "node:crypto";
import { parseStatName } from "../names/parse-stat-name.ts";
import { assertText, type Book, nextRevision } from "./corrections.ts";
import { erasedGenerations, firstGeneration, namesOnceErased } from "./erased-names.ts";
import { nodeToWrite } from "./node-to-write.ts";
import { dayMs, isBookable, quarterOf } from "./quarter.ts";
import type { LedgerWrite, StoredNode } from "./store.ts";

/** What flowed, as told by a system that cannot prove it. */
export interface UnprovenRecord {
  /** Which core it is of. */
  readonly node: string;
  /** What tells it, such as `3x-ui`: 1 to 64 characters, and not `core`. */
  readonly source: string;
  /**
   * Tells this record from all others of the node and source: the same id again is not booked, however much later.
   *
   * @defaultValue none: what comes twice is booked twice, and flagged within 10 minutes
   */
  readonly id?: string | undefined;
  /** When it was counted: all of it counts in this quarter hour. At most a day ahead. */
  readonly takenAt: Date;
  /** What each counter moved by since the record before, of traffic counters: 0 up to 2^63 - 1 bytes. */
  readonly deltas: Iterable<UnprovenDelta> | ReadonlyMap<string, bigint>;
}

/** What a counter moved by. */
export interface UnprovenDelta {
  /** The counter's name, as cores write it. */
  readonly name: string;
  /** How much. */
  readonly bytes: bigint;
}

/** What became of an unproven record. */
export interface UnprovenResult {
  /** False where the same id was booked before: then nothing is booked now. */
  readonly booked: boolean;
  /** True where the id came before; without an id, where the same bytes came within the last 10 minutes. */
  readonly repeated: boolean;
  /** Bytes booked now, of every counter. */
  readonly bytes: bigint;
  /** How many counters moved. */
  readonly counters: number;
}

const mostBytes = 2n ** 63n - 1n;
const repeatMs = 10 * 60 * 1000;

/** Books what a system without proof tells: everything or nothing. */
export async function recordUnproven(book: Book, record: UnprovenRecord): Promise<UnprovenResult> {
  const { node, source, id, takenAt } = record;
  assertText(node, "a node's name");
  assertText(source, "a source", 64);
  if (source.includes("\0")) throw new RangeError("a source must be without U+0000");
  if (source === "core") throw new RangeError("what a core shows is recorded by a writer, with its proof");
  if (id !== undefined) assertText(id, "an id", 1000);
  const at = Date.now();
  assertTakenAt(takenAt, at);
  const moved = [...readDeltas(record.deltas)].filter(([, bytes]) => bytes > 0n);
  const receipt =
    id === undefined
      ? { source, key: `body ${hashOf(textOf(moved))}`, at, until: at + repeatMs }
      : { source, key: `id ${hashOf(id)}`, at, until: undefined };
  return book.store.write(async (tx) => {
    const stored = await nodeToWrite(tx, node);
    // Without an id nothing but bytes can be doubled.
    const noted = id !== undefined || moved.length > 0;
    const repeated = noted && (await tx.addReceipt(stored.id, receipt)) !== undefined;
    if (repeated && id !== undefined) return { booked: false, repeated, bytes: 0n, counters: 0 };
    if (moved.length > 0)
      await addMoved(tx, stored, { source, quarter: quarterOf(takenAt), moved, session: book.session });
    return { booked: true, repeated, bytes: moved.reduce((sum, [, bytes]) => sum + bytes, 0n), counters: moved.length };
  });
}

function assertTakenAt(takenAt: Date, now: number): void {
  if (!(takenAt instanceof Date)) throw new TypeError("takenAt must be a Date");
  if (!isBookable(quarterOf(takenAt))) throw new RangeError("takenAt must be a time from 1970 to 2089");
  if (takenAt.getTime() > now + dayMs)
    throw new RangeError(`takenAt, ${takenAt.toISOString()}, is more than a day ahead of this machine's clock`);
}

/** Bytes by counter; those of a name that comes twice are added. */
function readDeltas(deltas: UnprovenRecord["deltas"]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  const pairs =
    deltas instanceof Map ? deltas : Array.from(deltas as Iterable<{ name: string; bytes: bigint }>, pairOf);
  for (const [name, bytes] of pairs) {
    assertText(name, "a counter's name");
    if (parseStatName(name).kind !== "traffic")
      throw new RangeError(
        `${JSON.stringify(name)} is no name of a traffic counter, as user>>>NAME>>>traffic>>>uplink is`,
      );
    if (typeof bytes !== "bigint") throw new TypeError(`the bytes of ${JSON.stringify(name)} must be a bigint`);
    const sum = (sums.get(name) ?? 0n) + bytes;
    if (bytes < 0n || sum > mostBytes)
      throw new RangeError(`the bytes of ${JSON.stringify(name)} must be from 0 to 2^63 - 1, not ${bytes}`);
    sums.set(name, sum);
  }
  return sums;
}

function pairOf({ name, bytes }: { readonly name: string; readonly bytes: bigint }): [name: string, bytes: bigint] {
  return [name, bytes];
}

/** Of the bytes alone: who sends them again may give them another time. */
function textOf(moved: readonly (readonly [name: string, bytes: bigint])[]): string {
  const texts = moved.map(([name, bytes]) => JSON.stringify([name, `${bytes}`]));
  return texts.sort().join("\n");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

interface Moved {
  readonly source: string;
  readonly quarter: number;
  readonly moved: readonly (readonly [name: string, bytes: bigint])[];
  readonly session: string;
}

async function addMoved(
  tx: LedgerWrite,
  stored: StoredNode,
  { source, quarter, moved, session }: Moved,
): Promise<void> {
  const named = await tx.countersNamed(
    stored.id,
    moved.map(([name]) => name),
  );
  // Of several generations the last one goes on.
  const own = named.filter((counter) => counter.source === source).sort((a, b) => a.generation - b.generation);
  const ids = new Map(own.map(({ name, id }) => [name, id]));
  const fresh = moved.flatMap(([name]) => (ids.has(name) ? [] : name));
  const erased = erasedGenerations(await tx.countersNamed(stored.id, fresh.flatMap(namesOnceErased)));
  const added = await tx.addCounters(
    stored.id,
    fresh.map((name) => ({ source, name, generation: firstGeneration(erased, name) })),
  );
  for (const [at, name] of fresh.entries()) ids.set(name, added[at] as number);
  const rows = moved.map(([name, bytes]) => ({ name, bytes, counter: ids.get(name) as number }));
  rows.sort((a, b) => a.counter - b.counter);
  const counters = rows.map(({ counter }) => counter);
  const before = await tx.usageOf(stored.id, quarter, counters);
  const full = rows.find(({ bytes }, at) => (before[at] as bigint) + bytes > mostBytes);
  if (full !== undefined)
    throw new RangeError(`the bytes of ${JSON.stringify(full.name)} in one quarter hour would be above 2^63 - 1`);
  const revision = await nextRevision(tx, stored, session);
  await tx.addUsage(stored.id, revision, { quarter, counters, bytes: rows.map(({ bytes }) => bytes) });
}
