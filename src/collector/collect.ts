import { assertTimerMs } from "../internal/timer-ms.ts";
import { keepPacked } from "../ledger/keep-packed.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { assertNodes, checkConcurrency } from "./check-options.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type CollectedNode, openNodes } from "./collected-node.ts";
import type { CollectorEvent } from "./collector-event.ts";
import { createEnding } from "./ending.ts";
import type { MadeAnew } from "./generation-keeper.ts";
import { NodeCollector } from "./node-collector.ts";
import { recordingTarget, type SnapshotSink } from "./recording-target.ts";
import { createSlots, type Slots } from "./slots.ts";
import { Troubles } from "./troubles.ts";

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
   * How many nodes are read at a time. One that takes longer than a second, or than the interval, does not count. As
   * many again are those that could not be read the last time: they keep nobody waiting.
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
  /**
   * Books what the counters of a node show that is new to the ledger, in place of a gap. Of nodes that the ledger
   * knows, or once knew, nothing is booked by it: a collector may be started with it again.
   *
   * @defaultValue false
   */
  readonly bookExisting?: boolean | undefined;
  /**
   * Nodes whose address or kind is another one, and that are the same cores all the same: an operator's word, which
   * counts for the first reading that is recorded of each. Without it such a node is counted anew, after a gap.
   */
  readonly sameCore?: readonly string[] | undefined;
  /**
   * Is asked after each recorded reading of a node for the users who were deleted and made anew since it was asked
   * last. They begin a new generation with what follows the reading: nobody inherits bytes with a name. It is asked
   * again only when all of them have begun, and until then must not forget them. Polls wait a second for its answer.
   */
  readonly madeAnew?: MadeAnew | undefined;
  /**
   * Whether past days are packed once an hour, for space and speed; answers stay the same.
   *
   * @defaultValue true
   */
  readonly pack?: boolean | undefined;
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
  const { jitter = 0.1, concurrency = 32, bookExisting = false, sameCore = [], madeAnew, pack = true } = options;
  assertTimerMs({ intervalMs, maxBackoffMs, lastReadingTimeoutMs });
  if (timeoutMs !== undefined) assertTimerMs({ timeoutMs });
  checkConcurrency(concurrency);
  if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`jitter must be from 0 to 1, not ${jitter}`);
  const target = recordingTarget(ledger, sink);
  if (ledger === undefined && (bookExisting || sameCore.length > 0 || madeAnew !== undefined))
    throw new TypeError("bookExisting, sameCore and madeAnew need a ledger");
  await using opened = openNodes(options.nodes);
  assertNodes("sameCore", sameCore, opened.nodes);
  if (signal?.aborted) return;

  const makeSlots = (): Slots => createSlots(concurrency, Math.min(intervalMs, 1000), clock);
  const context = {
    target,
    slots: makeSlots(),
    slotsOfUnreachable: makeSlots(),
    clock,
    intervalMs,
    jitter,
    maxBackoffMs,
    timeoutMs,
    emit: onEvent,
    bookExisting,
    sameCore: new Set(sameCore),
    generations: ledger && madeAnew && { ledger, madeAnew },
  };
  const nodes = opened.nodes.map((node) => new NodeCollector(node, context));
  const ending = createEnding(lastReadingTimeoutMs, clock);
  const life = new AbortController();
  const stop = (): void => {
    ending.begin();
    life.abort();
    for (const node of nodes) node.stop();
  };
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    failures.push(error);
    stop();
  };
  const work = async (node: NodeCollector): Promise<void> => {
    await node.run().catch(fail);
    try {
      await node.finish(takeLastReading ? ending : undefined);
    } catch (error) {
      failures.push(error);
    }
  };

  signal?.addEventListener("abort", stop, { once: true });
  try {
    const beside = nodes.map((node) => showLife(node, intervalMs / 2, clock, life.signal));
    if (ledger !== undefined && pack) {
      const troubles = new Troubles(undefined, onEvent);
      const told = {
        onPacked: () => troubles.well("pack"),
        onFailed: (error: unknown) => troubles.failed("pack", error),
      };
      beside.push(keepPacked(ledger, { signal: life.signal, sleep: (ms, signal) => clock.sleep(ms, signal), ...told }));
    }
    const all = Promise.all([...nodes.map(work), ...beside.map((each) => each.catch(fail))]);
    await Promise.race([all, ending.over]);
    for (const node of nodes) node.abandon();
    if (failures.length > 0) throw failures[0];
  } finally {
    signal?.removeEventListener("abort", stop);
    ending.cancel();
  }
}

/** Shows other collectors that a node's one lives, also while nothing can be read; each for itself, for one may hang. */
async function showLife(node: NodeCollector, everyMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(everyMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    await node.signOfLife();
  }
}
