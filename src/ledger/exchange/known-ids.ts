import type { StoredNode } from "../store.ts";

/** Counters of all nodes that are kept in memory: some tens of megabytes. */
const keptCounters = 400_000;

interface KeptIds {
  readonly names: number;
  readonly ids: Map<string, number>;
  /** How many of them are in the sum of all. */
  readonly counted: number;
}

/** Remembers the ids of counters that came, by their keys, as long as their node's names stay. */
export class KnownIds {
  /** The least used first. */
  readonly #nodes = new Map<number, KeptIds>();
  #size = 0;

  /** To look up, and to add what was found of a node as it is committed: not what this transaction adds to it. */
  of({ id, names }: StoredNode): Map<string, number> {
    const before = this.#nodes.get(id);
    this.#forget(id);
    const ids = before?.names === names ? before.ids : new Map<string, number>();
    this.#nodes.set(id, { names, ids, counted: ids.size });
    this.#size += ids.size;
    for (const other of this.#nodes.keys()) if (this.#size > keptCounters && other !== id) this.#forget(other);
    return ids;
  }

  #forget(id: number): void {
    this.#size -= this.#nodes.get(id)?.counted ?? 0;
    this.#nodes.delete(id);
  }
}
