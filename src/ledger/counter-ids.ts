import type { CounterColumns } from "../snapshot/counter-columns.ts";
import type { NameTable } from "../snapshot/name-table.ts";

/** The ids under which a store knows a node's counters: by name, and by index into the table that its readings share. */
export class CounterIds {
  /** The highest generation of each erased user's counters, by pseudonym. */
  readonly erased: Map<string, number>;
  readonly #byName: Map<string, number>;
  #table: NameTable | undefined;
  #byIndex = new Int32Array(0);

  constructor(byName: Iterable<readonly [name: string, id: number]>, erased: Map<string, number> = new Map()) {
    this.#byName = new Map(byName);
    this.erased = erased;
  }

  get(name: string): number | undefined {
    return this.#byName.get(name);
  }

  set(name: string, id: number): void {
    this.#byName.set(name, id);
  }

  delete(name: string): void {
    this.#byName.delete(name);
    this.#table = undefined;
  }

  /** By index into the table of a reading; 0 where the counter is not known. Of counters with these indices alone. */
  idsOf({ table }: CounterColumns, indices: readonly number[]): Int32Array {
    if (this.#table !== table) {
      this.#table = table;
      this.#byIndex = new Int32Array(table.size);
    }
    if (this.#byIndex.length < table.size) {
      const larger = new Int32Array(table.capacity);
      larger.set(this.#byIndex);
      this.#byIndex = larger;
    }
    for (const index of indices) {
      if (this.#byIndex[index] === 0) this.#byIndex[index] = this.#byName.get(table.name(index)) ?? 0;
    }
    return this.#byIndex;
  }
}
