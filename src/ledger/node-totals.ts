import { storeOf } from "./exchange/stores.ts";
import type { Ledger } from "./ledger.ts";

/** What is booked of a node that is recorded here, as its core counted it: without aliases and corrections. */
export interface NodeTotals {
  /** The ledger's id. */
  readonly ledger: string;
  /** Each counter of the core, of every generation. */
  readonly counters: readonly CounterTotal[];
}

/** What is booked of a counter. It only grows. */
export interface CounterTotal {
  /** The counter's own for as long as the ledger keeps its id, whatever it is called. */
  readonly id: number;
  /** Its name. */
  readonly name: string;
  /** Bytes. */
  readonly bytes: bigint;
}

/** Longer than all times that can be booked, in quarters and in months. */
const allTime = { from: 0, to: 2 ** 22 };

/** Sums what is booked of a node, as of one moment. @throws TypeError of a ledger that this package did not open. */
export async function readNodeTotals(ledger: Ledger, name: string): Promise<NodeTotals> {
  return storeOf(ledger).read(async (tx) => {
    const id = await tx.ledgerId();
    const node = (await tx.nodesNamed([name])).find((each) => each.ledger === id);
    if (node === undefined) return { ledger: id, counters: [] };
    const bytes = new Map<number, bigint>();
    for (const unit of ["quarters", "months"] as const) {
      await tx.sums({ nodes: [node.id] }, { of: unit, ...allTime }, (sums) => {
        for (const [at, counter] of sums.counters.entries())
          bytes.set(counter, (bytes.get(counter) ?? 0n) + BigInt(sums.bytes[at] as number | bigint));
      });
    }
    const counters = (await tx.counters(node.id)).filter(({ source }) => source === "core");
    return { ledger: id, counters: counters.map(({ id, name }) => ({ id, name, bytes: bytes.get(id) ?? 0n })) };
  });
}
