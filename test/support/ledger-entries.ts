import type { StoredEntry } from "../../src/ledger/store.ts";
import { sumRange } from "../../src/ledger/sum-range.ts";
import type { LedgerPlace } from "./ledger-stores.ts";

/** An entry as it is stored, with its node's name and its body read. */
export interface ReadEntry extends Omit<StoredEntry, "node" | "body"> {
  readonly node: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what is in it.
  readonly body: any;
}

/** All stored entries of a kind, by the time they were written. */
export async function entriesOf(place: LedgerPlace, kind: string): Promise<ReadEntry[]> {
  const store = await place.openStore();
  return store.read(async (tx) => {
    const names = new Map((await tx.nodes()).map(({ id, name }) => [id, name]));
    const entries = [...(await tx.entries({ kinds: [kind] }))].sort((a, b) => a.at - b.at);
    return entries.map((entry) => ({ ...entry, node: names.get(entry.node) as string, body: JSON.parse(entry.body) }));
  });
}

/** What is stored of a node's counters: bytes by `name generation`, with the source in front where it is not the core's. */
export async function storedBytes(place: LedgerPlace, node: string): Promise<Record<string, bigint>> {
  const store = await place.openStore();
  return store.read(async (tx) => {
    const extent = (await tx.extent()) ?? { from: 0, to: 0 };
    const rows: [string, bigint][] = [];
    for (const { id } of (await tx.nodes()).filter(({ name }) => name === node)) {
      const counters = await tx.counters(id);
      const ids = counters.map((counter) => counter.id).sort((a, b) => a - b);
      const sums = await sumRange(tx, { node: id, counters: ids }, extent.from, extent.to);
      for (const { id: counter, source, name, generation } of counters) {
        const at = sums.counters.indexOf(counter);
        rows.push([
          `${source === "core" ? "" : `${source} `}${name} ${generation}`,
          at < 0 ? 0n : (sums.bytes[at] as bigint),
        ]);
      }
    }
    return Object.fromEntries(rows);
  });
}
