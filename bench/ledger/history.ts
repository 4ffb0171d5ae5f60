import { packParts, quartersOfDay } from "../../src/ledger/day-parts.ts";
import type { LedgerStore, LedgerWrite, PackedDay } from "../../src/ledger/store.ts";
import { monthOf } from "../../src/ledger/sum-range.ts";

/** Some quarters of a day with megabytes in them, a few kinds of days in turn. */
const kindsOfDay = Array.from({ length: 7 }, (_, kind) => {
  const parts = new Map<number, bigint>();
  for (let at = 0; at < 8; at++)
    parts.set((kind * 5 + at * 9) % quartersOfDay, BigInt(1_000_003 * (kind + 1) * (at + 1)));
  const total = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0n);
  return { total, parts: packParts(parts) };
});

/** Adds users with both directions to a node. @returns Their counters' ids. */
export async function addUsers(tx: LedgerWrite, node: number, first: number, end: number): Promise<readonly number[]> {
  const names = Array.from({ length: end - first }, (_, at) => `user>>>user${first + at}@example.com>>>traffic>>>`);
  return tx.addCounters(
    node,
    names.flatMap((name) =>
      ["uplink", "downlink"].map((direction) => ({ source: "core", name: name + direction, generation: 0 })),
    ),
  );
}

/** Writes packed days of counters, as `pack` would have; totals of a month with its last day, which is faster. */
export async function writePackedDays(
  store: LedgerStore,
  node: number,
  counters: readonly number[],
  days: { readonly first: number; readonly end: number },
): Promise<void> {
  const range = { first: counters[0] as number, last: counters.at(-1) as number };
  let ofMonth = counters.map(() => 0n);
  for (let day = days.first; day < days.end; day++) {
    const rows: PackedDay[] = counters.map((counter) => {
      const kind = kindsOfDay[(counter + day) % kindsOfDay.length] as (typeof kindsOfDay)[number];
      return { counter, revision: day, ...kind };
    });
    for (const [at, { total }] of rows.entries()) ofMonth[at] = (ofMonth[at] as bigint) + total;
    const month = monthOf(day);
    const ends = day + 1 === days.end || monthOf(day + 1) !== month;
    const added = ends ? { month, counters, bytes: ofMonth } : { month, counters: [], bytes: [] };
    await store.write((tx) => tx.pack(node, day, range, rows, added));
    if (ends) ofMonth = counters.map(() => 0n);
  }
}

/** Writes days as they are booked: eight quarters of each, with bytes of every counter. */
export async function addUnpackedDays(
  store: LedgerStore,
  node: number,
  counters: readonly number[],
  days: { readonly first: number; readonly end: number },
): Promise<void> {
  for (let day = days.first; day < days.end; day++)
    for (let at = 0; at < 8; at++) {
      const bytes = counters.map((counter) => BigInt(((counter + day) * 1_000_003 * (at + 1)) % 90_000_000));
      const quarter = day * quartersOfDay + at * 9;
      await store.write((tx) => tx.addUsage(node, day, { quarter, counters, bytes }));
    }
}
