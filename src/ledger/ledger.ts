import type { Usage, UsageQuery } from "../usage/usage-query.ts";
import { type ClaimOptions, claimNode } from "./claim.ts";
import { gapFrom, type LedgerGap } from "./gap.ts";
import { openMemoryStore } from "./memory/memory-store.ts";
import { type PackOptions, pack } from "./pack.ts";
import { assertUsageQuery, readUsage } from "./read-usage.ts";
import type { LedgerStore } from "./store.ts";
import { assertTimeRange } from "./time-range.ts";
import type { Writer } from "./writer.ts";

/** Usage that no crash, restart, reset or repeat can lose or double. */
export interface Ledger extends AsyncDisposable {
  /** Its own id: random, made with it. A copy of a ledger gets a new one as soon as it turns out to be a copy. */
  id(): Promise<string>;
  /**
   * Wins the right to record a node. One writer holds it at a time; another's `record` is refused.
   *
   * @throws {@link LedgerError} `claimed` with `whenHeld: "fail"`, and what the database could not do.
   */
  claim(node: string, options?: ClaimOptions): Promise<Writer>;
  /** What was booked, by time, node and subject in that order; nothing where nothing was. */
  usage(query?: UsageQuery): Promise<Usage[]>;
  /** Every window that touches a time and may hold traffic that is not booked, by their beginnings. */
  gaps(query?: GapQuery): Promise<LedgerGap[]>;
  /**
   * Packs the quarters of past days, for space and speed; answers stay the same. For long work in small steps: writers
   * beside it go on.
   *
   * @returns How many days of nodes were packed.
   */
  pack(options?: PackOptions): Promise<number>;
  /** Ends it; twice does no harm. */
  close(): Promise<void>;
}

/** Which gaps are asked for. */
export interface GapQuery {
  /** Beginning. @defaultValue the beginning of time */
  readonly from?: Date | undefined;
  /** End. @defaultValue the end of time */
  readonly to?: Date | undefined;
  /** One node alone. */
  readonly node?: string | undefined;
}

/** A ledger that ends with the process. */
export function openMemoryLedger(): Ledger {
  return createLedger(openMemoryStore());
}

/** The ledger's rules over a store. */
export function createLedger(store: LedgerStore): Ledger {
  const close = (): Promise<void> => store.close();
  return {
    id: () => store.read((tx) => tx.ledgerId()),
    claim: (node, options = {}) => claimNode(store, node, options),
    async usage(query = {}) {
      assertUsageQuery(query);
      return store.read((tx) => readUsage(tx, query));
    },
    gaps: (query = {}) => readGaps(store, query),
    pack: (options = {}) => pack(store, options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readGaps(store: LedgerStore, { from, to, node }: GapQuery): Promise<LedgerGap[]> {
  assertTimeRange(from, to);
  return store.read(async (tx) => {
    const names = new Map((await tx.nodes()).map(({ id, name }) => [id, name]));
    const entries = await tx.entries({ kinds: ["gap"], from: from?.getTime(), to: to?.getTime() });
    const gaps = entries.map((entry) => gapFrom(entry, names.get(entry.node) as string));
    return gaps.filter((gap) => node === undefined || gap.node === node);
  });
}
