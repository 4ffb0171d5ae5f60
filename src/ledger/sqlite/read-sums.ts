import { exactBytes } from "../exact-sums.ts";
import type { CounterChoice, CounterSums, NodeChoice, PackedDay, PackedParts, SummedRows } from "../store.ts";
import { slotOf, slots } from "./schema.ts";
import type { Statements } from "./statements.ts";

/** Where rows are summed, and what of them. */
const summed = {
  quarters: { table: "usage", bytes: "bytes" },
  days: { table: "packed", bytes: "total" },
  months: { table: "packed_month", bytes: "total" },
} as const satisfies Record<SummedRows["of"], { table: string; bytes: string }>;

/** Packed days that make one text: each has up to a thousand bytes, and an engine holds a thousand million as one. */
const rowsPerText = 2 ** 18;

/** What SQLite makes one text of, though it is bytes: faster than hexadecimal. */
const joinedParts = "CAST(group_concat(parts, '') AS BLOB)";

/** Gives sums of counters, of which one may come several times. */
export function readSums(
  statements: Statements,
  choice: CounterChoice,
  { of, from, to }: SummedRows,
  take: (sums: CounterSums) => void,
): void {
  const { table, bytes } = summed[of];
  if ("counters" in choice) {
    const [counters, high, low] = statements.columns(
      ["counter", "high", "low"],
      `WITH RECURSIVE time (start) AS (
         SELECT ?1 WHERE ?1 < ?2 UNION ALL SELECT start + ${slots} FROM time WHERE start + ${slots} < ?2)
       SELECT value AS counter, sum(${bytes} >> 32) AS high, sum(${bytes} & 0xffffffff) AS low
       FROM json_each(?3), time JOIN ${table} ON slot = start + value GROUP BY value`,
      [slotOf(from), slotOf(to), JSON.stringify(choice.counters)],
    ) as [number[], number[], number[]];
    const sums = high.map((each, at) => wholeOf(each, low[at] as number));
    take({ nodes: counters.map(() => choice.node), counters, bytes: sums });
    return;
  }
  // Time by time, in the table's order: to group so many rows would be to sort them.
  const first = statements.prepare(`SELECT min(slot) / ${slots} AS time FROM ${table} WHERE slot >= ?`);
  const nextFrom = (time: number): number => (first.get(slotOf(time))?.time as number | null) ?? to;
  for (let at = nextFrom(from); at < to; at = nextFrom(at + 1)) {
    const [nodes, counters, sums] = statements.columns(
      ["node", "counter", `CASE WHEN bytes < ${2 ** 53} THEN bytes ELSE CAST(bytes AS TEXT) END`],
      `SELECT node, counter.id AS counter, ${bytes} AS bytes FROM ${table} JOIN counter ON counter.id = slot - ?1
       WHERE slot >= ?1 AND slot < ?1 + ${slots} ${ofNodes(choice, "?2")}`,
      [slotOf(at), ...nodeList(choice)],
    ) as [number[], number[], (number | string)[]];
    take({ nodes, counters, bytes: exactBytes(sums) });
  }
}

/** The quarters of packed rows of one day. */
export function readPackedParts(statements: Statements, choice: CounterChoice, day: number): PackedParts {
  const found = { nodes: [] as number[], counters: [] as number[], lengths: [] as number[] };
  const texts: Uint8Array[] = [];
  for (;;) {
    const [nodes, counters, lengths, parts] = statements.columns(
      ["node", "counter", "length(parts)"],
      "counters" in choice
        ? `SELECT ?3 AS node, value AS counter, parts FROM json_each(?4) JOIN packed ON slot = ?1 + value
           WHERE value > ?2 ORDER BY value LIMIT ${rowsPerText}`
        : `SELECT node, counter.id AS counter, parts FROM packed JOIN counter ON counter.id = slot - ?1
           WHERE slot > ?1 + ?2 AND slot < ?1 + ${slots} ${ofNodes(choice, "?3")} ORDER BY slot LIMIT ${rowsPerText}`,
      [
        ...[slotOf(day), BigInt(found.counters.at(-1) ?? 0)],
        ...("counters" in choice ? [choice.node, JSON.stringify(choice.counters)] : nodeList(choice)),
      ],
      joinedParts,
    ) as [number[], number[], number[], Uint8Array | null];
    for (const [at, counter] of counters.entries()) {
      found.nodes.push(nodes[at] as number);
      found.counters.push(counter);
      found.lengths.push(lengths[at] as number);
    }
    if (parts !== null) texts.push(parts);
    if (counters.length < rowsPerText) return { ...found, parts: Buffer.concat(texts) };
  }
}

/** Packed rows of one day, by node and counter. */
export function readPacked(
  statements: Statements,
  choice: CounterChoice,
  day: number,
): readonly (PackedDay & { readonly node: number })[] {
  const columns = ["node", "id", "total >> 32", "total & 0xffffffff", "revision", "length(parts)"];
  const values = "counter.node, counter.id, total, parts, revision";
  const [nodes, counters, high, low, revisions, lengths, parts] = (
    "counters" in choice
      ? statements.columns(
          columns,
          `SELECT ${values} FROM json_each(?2) JOIN counter ON counter.id = value JOIN packed ON slot = ?1 + value
           WHERE node = ?3 ORDER BY counter.id`,
          [slotOf(day), JSON.stringify(choice.counters), choice.node],
          joinedParts,
        )
      : statements.columns(
          columns,
          `SELECT ${values} FROM packed JOIN counter ON counter.id = slot - ?1
           WHERE slot >= ?1 AND slot < ?1 + ${slots} ${ofNodes(choice, "?2")} ORDER BY node, slot`,
          [slotOf(day), ...nodeList(choice)],
          joinedParts,
        )
  ) as [number[], number[], number[], number[], number[], number[], Uint8Array | null];
  const all = parts ?? new Uint8Array();
  let end = 0;
  return counters.map((counter, at) => {
    const start = end;
    end += lengths[at] as number;
    return {
      node: nodes[at] as number,
      counter,
      total: wholeOf(high[at] as number, low[at] as number),
      revision: revisions[at] as number,
      parts: all.subarray(start, end),
    };
  });
}

/** The sum of two halves: SQLite's integers may not hold it. */
export function wholeOf(high: number, low: number): bigint {
  return high < 2 ** 20 && low < 2 ** 52 ? BigInt(high * 2 ** 32 + low) : (BigInt(high) << 32n) + BigInt(low);
}

function ofNodes({ nodes }: NodeChoice, parameter: string): string {
  return nodes === "all" ? "" : `AND node IN (SELECT value FROM json_each(${parameter}))`;
}

function nodeList({ nodes }: NodeChoice): string[] {
  return nodes === "all" ? [] : [JSON.stringify(nodes)];
}
