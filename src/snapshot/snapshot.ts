import type { Scope } from "../names/stat-name.ts";
import type { Counter } from "./counter.ts";
import { type CounterColumns, columnsFrom } from "./counter-columns.ts";
import type { SnapshotEvidence } from "./evidence.ts";
import { parseSnapshotJson, type SnapshotJson, snapshotJson } from "./snapshot-json.ts";
import { type SubjectTraffic, subjectsOf } from "./subject-traffic.ts";

let create: (columns: CounterColumns, evidence: SnapshotEvidence) => Snapshot;
let columnsOf: (snapshot: Snapshot) => CounterColumns;

/**
 * All counters of a core at one instant, with the evidence of which life of the core they belong to. It owns its
 * values and never changes. Iterating gives every counter, in no particular order.
 *
 * `StatsClient.snapshot()` makes one; `diffSnapshots` says what moved between two.
 */
export class Snapshot implements Iterable<Counter> {
  /** When, by which clocks, from which core, and the core's own figures. */
  readonly evidence: SnapshotEvidence;
  readonly #columns: CounterColumns;

  private constructor(columns: CounterColumns, evidence: SnapshotEvidence) {
    this.#columns = columns;
    this.evidence = evidence;
  }

  static {
    create = (columns, evidence) => new Snapshot(columns, evidence);
    columnsOf = (snapshot) => snapshot.#columns;
  }

  /** When the reading ended, by the wall clock. */
  get takenAt(): Date {
    return this.evidence.ended.at;
  }

  /** How many counters there are. */
  get size(): number {
    return this.#columns.count;
  }

  /**
   * The bytes a counter held.
   *
   * @returns `undefined` where there was no such counter.
   */
  get(name: string): bigint | undefined {
    const index = this.#columns.table.find(name);
    return index !== undefined && this.#columns.has(index) ? this.#columns.values[index] : undefined;
  }

  /** Every counter, one after the other, in no particular order. */
  [Symbol.iterator](): Iterator<Counter> {
    return this.#columns.toArray().values();
  }

  /** All counters as fresh objects, in no particular order. */
  counters(): Counter[] {
    return this.#columns.toArray();
  }

  /** The subjects of a scope, each with its two counters joined; one that is absent counts as zero. */
  subjects(scope: Scope): SubjectTraffic[] {
    return subjectsOf(this.#entries(), scope);
  }

  /** `subjects("user")`. */
  users(): SubjectTraffic[] {
    return this.subjects("user");
  }

  /** `subjects("inbound")`. */
  inbounds(): SubjectTraffic[] {
    return this.subjects("inbound");
  }

  /** `subjects("outbound")`. */
  outbounds(): SubjectTraffic[] {
    return this.subjects("outbound");
  }

  /** Plain data for `JSON.stringify`, bytes as decimal strings. */
  toJSON(): SnapshotJson {
    return snapshotJson(this.#columns.toArray(), this.evidence);
  }

  /**
   * Restores a snapshot from what `toJSON` gave. It can be read and compared, but its `evidence.origin` is `json`: a
   * ledger does not book it.
   *
   * @param json What `JSON.parse` gave.
   * @throws {@link StatsError} `malformed` where it is not such data.
   */
  static fromJSON(json: unknown): Snapshot {
    const { counters, evidence } = parseSnapshotJson(json);
    return create(columnsFrom(counters), evidence);
  }

  *#entries(): Generator<readonly [string, bigint], void, undefined> {
    for (const { name, value } of this.#columns.counters()) yield [name, value];
  }
}

/** Makes a snapshot of columns, which must not change after. */
export function createSnapshot(columns: CounterColumns, evidence: SnapshotEvidence): Snapshot {
  return create(columns, evidence);
}

/** The columns behind a snapshot. */
export function snapshotColumns(snapshot: Snapshot): CounterColumns {
  return columnsOf(snapshot);
}
