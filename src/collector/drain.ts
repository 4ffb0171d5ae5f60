import { assertTimerMs } from "../internal/timer-ms.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RecordOptions, RecordResult } from "../ledger/writer.ts";
import { assertNodes, checkConcurrency } from "./check-options.ts";
import { systemClock } from "./clock.ts";
import { type CollectedNode, type OpenNode, openNodes } from "./collected-node.ts";
import { asError } from "./error-reason.ts";
import { createSlots } from "./slots.ts";

/** Options of {@link drain}. */
export interface DrainOptions {
  /**
   * How long the reading of one node may take, in milliseconds.
   *
   * @defaultValue 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How many nodes are read at a time. One that takes longer than a second does not count.
   *
   * @defaultValue 32
   */
  readonly concurrency?: number | undefined;
  /** Books although the wall clock stepped: an operator's word that it is right now. */
  readonly acceptClock?: boolean | undefined;
  /** Nodes whose address or kind is another one, and that are the same cores all the same: an operator's word. */
  readonly sameCore?: readonly string[] | undefined;
  /** Stops it; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of one node. */
export interface DrainResult {
  /** The node's name. */
  readonly node: string;
  /** What became of the reading; `undefined` where there was none, or it was not recorded. */
  readonly result: RecordResult | undefined;
  /** Why nothing was booked; `undefined` where all is well. */
  readonly error: Error | undefined;
}

/**
 * Records one reading of each node, also of those that a running collector records: it takes the claim for this one
 * reading, and the collector takes it back. For the moment before a core is stopped.
 *
 * @returns What became of each node, in their order; one that fails keeps no other from being read.
 * @throws TypeError or RangeError for wrong arguments, before anything is read.
 */
export async function drain(
  nodes: readonly CollectedNode[],
  ledger: Ledger,
  options: DrainOptions = {},
): Promise<DrainResult[]> {
  const { timeoutMs = 10_000, concurrency = 32, acceptClock, sameCore = [] } = options;
  const { signal = new AbortController().signal } = options;
  assertTimerMs({ timeoutMs });
  checkConcurrency(concurrency);
  await using opened = openNodes(nodes);
  assertNodes("sameCore", sameCore, opened.nodes);
  signal.throwIfAborted();
  const slots = createSlots(concurrency, 1000, systemClock);
  const work = { timeoutMs, signal };
  const results = await Promise.allSettled(
    opened.nodes.map((node) =>
      slots.run(() => {
        const words = { acceptClock, sameCore: sameCore.includes(node.name) };
        return drainNode(node, ledger, work, words);
      }, signal),
    ),
  );
  signal.throwIfAborted();
  return results.map((each, index) => {
    const node = (opened.nodes[index] as OpenNode).name;
    if (each.status === "rejected") return { node, result: undefined, error: asError(each.reason) };
    return { node, result: each.value, error: each.value.error };
  });
}

async function drainNode(
  { name, source }: OpenNode,
  ledger: Ledger,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  words: RecordOptions,
): Promise<RecordResult> {
  // No sign of life comes during the reading: a standby shall not take over before it has ended.
  const writer = await ledger.claim(name, { whenHeld: "take", intervalMs: timeoutMs, signal });
  try {
    return await writer.record(await source.snapshot({ timeoutMs, signal }), words);
  } finally {
    // What was recorded stays so; a claim that cannot be released runs out.
    await writer.release().catch(() => undefined);
  }
}
