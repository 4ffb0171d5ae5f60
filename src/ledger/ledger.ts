import type { Usage, UsageQuery } from "../usage/usage-query.ts";
import { type ClaimOptions, claimNode } from "./claim.ts";
import type { GapBody, LedgerGap } from "./gap.ts";
import { openMemoryStore } from "./memory/memory-store.ts";
import { assertUsageQuery, readUsage } from "./read-usage.ts";
import type { LedgerStore, StoredEntry } from "./store.ts";
import { assertTimeRange } from "./time-range.ts";
import type { Writer } from "./writer.ts";

/** Usage that no crash, restart, reset or repeat can lose or double. */
export interface Ledger extends AsyncDisposable {
  /** Random, made with the ledger; copies of one ledger share it until they are told apart. */
  readonly id: string;
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
    id: store.ledgerId,
    claim: (node, options = {}) => claimNode(store, node, options),
    async usage(query = {}) {
      assertUsageQuery(query);
      return store.read((tx) => readUsage(tx, query));
    },
    gaps: (query = {}) => readGaps(store, query),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readGaps(store: LedgerStore, { from, to, node }: GapQuery): Promise<LedgerGap[]> {
  assertTimeRange(from, to);
  return store.read(async (tx) => {
    const names = new Map((await tx.nodes()).map(({ id, name }) => [id, name]));
    const entries = await tx.entries(from?.getTime() ?? -8.64e15, to?.getTime() ?? 8.64e15);
    const gaps = entries
      .filter(({ kind }) => kind === "gap")
      .map((entry) => gapFrom(entry, names.get(entry.node) as string));
    return gaps.filter((gap) => node === undefined || gap.node === node);
  });
}

function gapFrom({ id, to, body }: StoredEntry, node: string): LedgerGap {
  const { cause, from, bound } = JSON.parse(body) as GapBody;
  return {
    id,
    node,
    cause,
    from: from === null ? undefined : new Date(from),
    to: new Date(to),
    bound: bound === "unknown" ? bound : new Map(bound.map(([name, bytes]) => [name, BigInt(bytes)])),
  };
}
