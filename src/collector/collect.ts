import type { Ledger } from "../ledger/ledger.ts";
import { checkConcurrency, checkMs } from "./check-options.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type CollectedNode, openNodes } from "./collected-node.ts";
import type { CollectorEvent } from "./collector-event.ts";
import { createEnding } from "./ending.ts";
import { NodeCollector } from "./node-collector.ts";
import { recordingTarget, type SnapshotSink } from "./recording-target.ts";
import { createSlots } from "./slots.ts";

/** Options of {@link collect}. */
export interface CollectOptions {
  /** Which cores, and their names. */
  readonly nodes: readonly CollectedNode[];
  /** Where usage is kept; stays open. */
  readonly ledger?: Ledger | undefined;
  /** Where readings go in place of a ledger. */
  readonly sink?: SnapshotSink | undefined;
  /**
   * Milliseconds from the beginning of one poll of a node to the next; a poll that takes longer delays the next.
   *
   * @defaultValue 10_000
   */
  readonly intervalMs?: number | undefined;
  /**
   * The part of the interval, from 0 to 1, by which chance may shorten it, so that nodes are not all read at once.
   *
   * @defaultValue 0.1
   */
  readonly jitter?: number | undefined;
  /**
   * How many nodes are read at a time. One that takes longer than a second, or than the interval, does not count.
   *
   * @defaultValue 32
   */
  readonly concurrency?: number | undefined;
  /**
   * The longest pause between two polls of a node that cannot be read, in milliseconds: it doubles from the interval
   * on, and one reading ends it. Its claim is kept meanwhile.
   *
   * @defaultValue 30_000
   */
  readonly maxBackoffMs?: number | undefined;
  /**
   * How long one reading may take, in milliseconds.
   *
   * @defaultValue the client's own `timeoutMs`
   */
  readonly timeoutMs?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether each claimed node is read once more at the end.
   *
   * @defaultValue true
   */
  readonly takeLastReading?: boolean | undefined;
  /**
   * How long these last readings may take, in milliseconds; recording them and releasing the claims may take as long
   * again. What is not done by then is left: the next collector books it.
   *
   * @defaultValue 5000
   */
  readonly lastReadingTimeoutMs?: number | undefined;
  /** Is told when the state of a node changes, and of every restart and gap. What it throws ends the collector. */
  readonly onEvent?: ((event: CollectorEvent) => void) | undefined;
}

/**
 * Keeps the usage of cores: claims every node, polls it, and records each reading before the next is taken. Nothing
 * that goes wrong with a node, or with the ledger, ends it: cores are read without resetting, so whatever could not be
 * read or written is made up for by the next reading that can. A node that another collector records is stood by for.
 *
 * @returns When `signal` was aborted, last readings were recorded and claims released.
 * @throws TypeError or RangeError for wrong options, before anything is read; `LedgerError` `closed` or
 * `schema-changed` where the ledger must be opened anew.
 *
 * @example
 * ```ts
 * import { collect } from "v2ray-stats/collector";
 * import { openSqliteLedger } from "v2ray-stats/ledger/sqlite";
 *
 * await using ledger = await openSqliteLedger("usage.db");
 * await collect({
 *   nodes: [{ name: "fra-1", core: "127.0.0.1:10085" }],
 *   ledger,
 *   signal: AbortSignal.timeout(60_000),
 *   onEvent: (event) => console.log(event.kind, event.node),
 * });
 * ```
 */
export function collect(options: CollectOptions): Promise<void> {
  return runCollector(options, systemClock);
}

/** {@link collect}, by any clock. */
export async function runCollector(options: CollectOptions, clock: Clock): Promise<void> {
  const { ledger, sink, signal, timeoutMs, onEvent = () => {}, takeLastReading = true } = options;
  const { intervalMs = 10_000, maxBackoffMs = 30_000, lastReadingTimeoutMs = 5000 } = options;
  const { jitter = 0.1, concurrency = 32 } = options;
  for (const [name, ms] of Object.entries({ intervalMs, maxBackoffMs, lastReadingTimeoutMs })) checkMs(name, ms);
  if (timeoutMs !== undefined) checkMs("timeoutMs", timeoutMs);
  checkConcurrency(concurrency);
  if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`jitter must be from 0 to 1, not ${jitter}`);
  const target = recordingTarget(ledger, sink);
  await using opened = openNodes(options.nodes);
  if (signal?.aborted) return;

  const slots = createSlots(concurrency, Math.min(intervalMs, 1000), clock);
  const context = { target, slots, clock, intervalMs, jitter, maxBackoffMs, timeoutMs, emit: onEvent };
  const nodes = opened.nodes.map((node) => new NodeCollector(node, context));
  const ending = createEnding(lastReadingTimeoutMs, clock);
  const life = new AbortController();
  const stop = (): void => {
    ending.begin();
    life.abort();
    for (const node of nodes) node.stop();
  };
  const failures: unknown[] = [];
  const work = async (node: NodeCollector): Promise<void> => {
    try {
      await node.run();
    } catch (error) {
      failures.push(error);
      stop();
    }
    try {
      await node.finish(takeLastReading ? ending : undefined);
    } catch (error) {
      failures.push(error);
    }
  };

  signal?.addEventListener("abort", stop, { once: true });
  try {
    const all = Promise.all([...nodes.map(work), showLife(nodes, intervalMs / 2, clock, life.signal)]);
    await Promise.race([all, ending.over]);
    for (const node of nodes) node.abandon();
    if (failures.length > 0) throw failures[0];
  } finally {
    signal?.removeEventListener("abort", stop);
    ending.cancel();
  }
}

/** Shows other collectors that this one lives, also while nothing can be read. */
async function showLife(
  nodes: readonly NodeCollector[],
  everyMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(everyMs, signal).catch(() => undefined);
    for (const node of nodes) {
      if (signal.aborted) return;
      await node.signOfLife();
    }
  }
}
