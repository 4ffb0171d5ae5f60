import type { LedgerStore } from "../../src/ledger/store.ts";

/** Bytes of a counter in a quarter hour. */
export interface BookedQuarter {
  readonly node: string;
  readonly counter: string;
  /** Quarter hours of UTC since 1970. */
  readonly quarter: number;
  readonly bytes: bigint;
}

/** Books usage past all readings. */
export async function bookQuarters(store: LedgerStore, rows: readonly BookedQuarter[]): Promise<void> {
  await store.write(async (tx) => {
    for (const [name, ofNode] of Map.groupBy(rows, ({ node }) => node)) {
      const { id: node, revision } = await tx.ownNode(name);
      const names = [...new Set(ofNode.map(({ counter }) => counter))];
      const added = await tx.addCounters(
        node,
        names.map((counter) => ({ source: "core", name: counter, generation: 0 })),
      );
      const ids = new Map(names.map((counter, index) => [counter, added[index] as number]));
      for (const { quarter, counter, bytes } of ofNode)
        await tx.addUsage(node, revision + 1, { quarter, counters: [ids.get(counter) as number], bytes: [bytes] });
      await tx.changeNode(node, { revision: revision + 1 });
    }
  });
}
