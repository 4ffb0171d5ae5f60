import type { LedgerRead, StoredCounter, StoredNode } from "../store.ts";

/** Counters of all nodes that are kept in memory: some tens of megabytes. */
const keptCounters = 400_000;

/** The counters of a node as they are under one state of its names. */
export interface KnownCounters {
  readonly names: number;
  /** Ascending. */
  readonly ids: readonly number[];
  readonly byId: ReadonlyMap<number, StoredCounter>;
}

/** Remembers the counters of nodes between transactions, as long as their names stay. */
export class NodeCounters {
  /** The least used first. */
  readonly #known = new Map<number, KnownCounters>();
  #size = 0;

  /** Only of a node as it is committed: before this transaction adds counters to it. */
  async of(tx: LedgerRead, { id, names }: StoredNode): Promise<KnownCounters> {
    const before = this.#known.get(id);
    this.#forget(id);
    const known = before?.names === names ? before : knownFrom(names, await tx.counters(id));
    this.#known.set(id, known);
    this.#size += known.ids.length;
    for (const other of this.#known.keys()) if (this.#size > keptCounters && other !== id) this.#forget(other);
    return known;
  }

  #forget(id: number): void {
    this.#size -= this.#known.get(id)?.ids.length ?? 0;
    this.#known.delete(id);
  }
}

function knownFrom(names: number, counters: readonly StoredCounter[]): KnownCounters {
  return {
    names,
    ids: counters.map(({ id }) => id).sort((a, b) => a - b),
    byId: new Map(counters.map((counter) => [counter.id, counter])),
  };
}
