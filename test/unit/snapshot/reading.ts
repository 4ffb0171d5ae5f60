import type { Counter } from "../../../src/snapshot/counter.ts";
import { CounterColumns } from "../../../src/snapshot/counter-columns.ts";
import type { CoreKind, Instant } from "../../../src/snapshot/evidence.ts";
import { NameTable, viewOf } from "../../../src/snapshot/name-table.ts";
import { createSnapshot, type Snapshot } from "../../../src/snapshot/snapshot.ts";
import { sysStats } from "../../support/simulated-world.ts";

/** What is special about a reading; nothing where one core goes on and no clock steps. */
export interface ReadingOptions {
  /** The core's uptime in seconds; 1000 s more than the time where not given. */
  readonly up?: number;
  /** What the core has allocated; falls at a restart. */
  readonly allocated?: bigint;
  readonly kind?: CoreKind;
  readonly endpoint?: string;
  readonly readerId?: string;
  /** Names to share with other readings. */
  readonly table?: NameTable;
}

/** A reading at a time in seconds, which took none. */
export function reading(
  at: number,
  counters: Readonly<Record<string, bigint>>,
  {
    up = 1000 + at,
    allocated = 10n ** 9n + BigInt(Math.ceil(at)),
    table = new NameTable(),
    ...rest
  }: ReadingOptions = {},
): Snapshot {
  const sys = sysStats(Math.floor(up), allocated);
  return createSnapshot(columnsIn(table, counters), {
    origin: "core",
    endpoint: "127.0.0.1:10085",
    kind: "v2ray5",
    readerId: "reader",
    bootId: "boot",
    started: instant(at),
    ended: instant(at),
    sysBefore: sys,
    sysAfter: sys,
    ...rest,
  });
}

/** The wall clock at a time in seconds. */
export function wall(at: number): Date {
  return new Date(1_700_000_000_000 + at * 1000);
}

function instant(at: number): Instant {
  return { at: wall(at), monotonicMs: 5000 + at * 1000, sinceBootMs: 9_000_000 + at * 1000 };
}

function columnsIn(table: NameTable, counters: Readonly<Record<string, bigint>>): CounterColumns {
  const columns = new CounterColumns(table);
  for (const [name, value] of Object.entries(counters)) {
    const bytes = new TextEncoder().encode(name);
    columns.set(table.intern(viewOf(bytes), 0, bytes.length), value);
  }
  return columns;
}

/** By name, for comparisons in which the order does not matter. */
export function byName<Item extends Counter>(items: Iterable<Item>): Item[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : 1));
}
