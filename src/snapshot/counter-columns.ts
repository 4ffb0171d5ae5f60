import type { Counter } from "./counter.ts";
import { NameTable, viewOf } from "./name-table.ts";

/**
 * The values of one reading, by index into a table of names. Filled once, then never changed; only the table is shared
 * with other readings, and it only grows.
 */
export class CounterColumns {
  readonly table: NameTable;
  /** How many counters the reading holds. */
  count = 0;
  /** By index: 1 where the reading holds the counter. */
  present: Uint8Array;
  /** By index: bytes. */
  values: BigInt64Array;

  constructor(table: NameTable) {
    this.table = table;
    // Most readings bring no new names: no room to spare, it would be kept as long as the snapshot.
    this.present = new Uint8Array(table.size);
    this.values = new BigInt64Array(table.size);
  }

  /** Makes room for all names the table has room for. */
  grow(): void {
    const length = this.table.capacity;
    const present = new Uint8Array(length);
    present.set(this.present);
    this.present = present;
    const values = new BigInt64Array(length);
    values.set(this.values);
    this.values = values;
  }

  /** Takes a counter; of one that comes twice, the last value. */
  set(index: number, value: bigint): void {
    if (index >= this.present.length) this.grow();
    if (this.present[index] === 0) this.count++;
    this.present[index] = 1;
    this.values[index] = value;
  }

  has(index: number): boolean {
    return this.present[index] === 1;
  }

  *counters(): Generator<Counter, void, undefined> {
    const { table, present, values } = this;
    for (let index = 0; index < present.length; index++) {
      if (present[index] === 1) yield { name: table.keptName(index), value: values[index] as bigint };
    }
  }

  /** All counters as fresh objects, in the table's order. */
  toArray(): Counter[] {
    const { table, present, values } = this;
    const counters: Counter[] = [];
    for (let index = 0; index < present.length; index++) {
      if (present[index] === 1) counters.push({ name: table.keptName(index), value: values[index] as bigint });
    }
    return counters;
  }
}

const encoder = new TextEncoder();

/** Columns of counters that did not come from a core's answer; of a name that comes twice, the last value. */
export function columnsFrom(counters: Iterable<Counter>): CounterColumns {
  const columns = new CounterColumns(new NameTable());
  for (const { name, value } of counters) {
    const bytes = encoder.encode(name);
    columns.set(columns.table.intern(viewOf(bytes), 0, bytes.length), value);
  }
  return columns;
}
