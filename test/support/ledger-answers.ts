import type { LedgerStore } from "../../src/ledger/store.ts";

/** Bytes of a counter in a quarter hour, recorded by some ledger. */
export interface StoredQuarter {
  readonly node: string;
  readonly counter: string;
  /** Quarter hours of UTC since 1970. */
  readonly quarter: number;
  readonly bytes: bigint;
  /** @defaultValue "core" */
  readonly source?: string;
  /** @defaultValue 0 */
  readonly generation?: number;
  /** Another ledger's id, whose rows these are. */
  readonly ledger?: string;
}

/** Adds usage past all readings; a counter that is known goes on. */
export async function addQuarters(store: LedgerStore, rows: readonly StoredQuarter[]): Promise<void> {
  await store.write(async (tx) => {
    for (const { node: name, counter, quarter, bytes, source = "core", generation = 0, ledger } of rows) {
      const { id, revision } = ledger === undefined ? await tx.ownNode(name) : await tx.nodeOf(ledger, name);
      const known = (await tx.counters(id)).find(
        (each) => each.name === counter && each.source === source && each.generation === generation,
      );
      const [counterId] =
        known === undefined ? await tx.addCounters(id, [{ source, name: counter, generation }]) : [known.id];
      await tx.addUsage(id, revision + 1, { quarter, counters: [counterId as number], bytes: [bytes] });
      await tx.changeNode(id, { revision: revision + 1 });
    }
  });
}
