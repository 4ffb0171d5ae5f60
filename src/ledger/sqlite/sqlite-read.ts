import type { SQLInputValue } from "node:sqlite";
import { quartersOfDay } from "../day-parts.ts";
import { exactBytes } from "../exact-sums.ts";
import type {
  ChangedUsage,
  CounterChoice,
  CounterSums,
  EntryChoice,
  Held,
  LedgerRead,
  NewCounter,
  NodeChoice,
  PackedDay,
  PackedParts,
  Session,
  StoredCounter,
  StoredEntry,
  StoredNode,
  StoredRaw,
  SummedRows,
} from "../store.ts";
import { slots } from "./schema.ts";
import type { Statements } from "./statements.ts";

/** A transaction that reads a SQLite file. */
export class SqliteRead implements LedgerRead {
  protected readonly statements: Statements;

  constructor(statements: Statements) {
    this.statements = statements;
  }

  async ledgerId(): Promise<string> {
    return this.statements.prepare("SELECT id FROM ledger").get()?.id as string;
  }

  async nodes(): Promise<readonly StoredNode[]> {
    return this.statements.prepare(`${selectNode} ORDER BY id`).all().map(nodeFrom);
  }

  async nodesNamed(names: readonly string[]): Promise<readonly StoredNode[]> {
    // SQLite's JSON holds no bytes, and its texts no U+0000.
    const asked = names.map((name) => Buffer.from(name).toString("hex").toUpperCase());
    return this.statements
      .prepare(`${selectNode} WHERE state <> 'sealed' AND hex(name) IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(asked))
      .map(nodeFrom);
  }

  async ledgersOf(name: string): Promise<number> {
    const count = this.statements.prepare("SELECT count(*) AS nodes FROM node WHERE name = ?");
    return count.get(Buffer.from(name))?.nodes as number;
  }

  async counterIds(node: number, counters: readonly NewCounter[]): Promise<readonly (number | undefined)[]> {
    const select = this.statements.prepare(
      "SELECT id FROM counter WHERE node = ? AND source = ? AND name = ? AND generation = ?",
    );
    return counters.map(({ source, name, generation }) => {
      return select.get(node, source, Buffer.from(name), generation)?.id as number | undefined;
    });
  }

  async counters(node: number): Promise<readonly StoredCounter[]> {
    const counters: StoredCounter[] = [];
    for (let after = 0; ; after = (counters.at(-1) as StoredCounter).id) {
      const [ids, sources, names, generations] = this.#columns(
        ["id", "source", "CAST(name AS TEXT)", "generation"],
        `SELECT * FROM counter WHERE node = ? AND id > ? ORDER BY id LIMIT ${rowsPerText}`,
        [node, after],
      ) as [number[], string[], string[], number[]];
      for (const [at, id] of ids.entries())
        counters.push({
          id,
          source: sources[at] as string,
          name: names[at] as string,
          generation: generations[at] as number,
        });
      if (ids.length < rowsPerText) return counters;
    }
  }

  async countersNamed(node: number, names: readonly string[]): Promise<readonly StoredCounter[]> {
    // A node has few sources; the index leads with them.
    const next = this.statements.prepare("SELECT min(source) AS source FROM counter WHERE node = ? AND source > ?");
    const select = this.statements.prepare(
      "SELECT id, generation FROM counter WHERE node = ? AND source = ? AND name = ?",
    );
    const counters: StoredCounter[] = [];
    const asked = new Set(names);
    for (let source = ""; ; ) {
      const found = next.get(node, source)?.source as string | null;
      if (found === null) return counters.sort((a, b) => a.id - b.id);
      source = found;
      for (const name of asked)
        for (const { id, generation } of select.iterate(node, source, Buffer.from(name)))
          counters.push({ id: id as number, source, name, generation: generation as number });
    }
  }

  async raws(node: number, counters?: readonly number[]): Promise<readonly StoredRaw[]> {
    const rows =
      counters === undefined
        ? this.statements
            .prepareExact(
              "SELECT counter, value, missing_since FROM counter JOIN raw ON raw.counter = id WHERE node = ? ORDER BY id",
            )
            .all(node)
        : this.statements
            .prepareExact(
              "SELECT counter, raw.value, missing_since FROM json_each(?) AS asked JOIN raw ON counter = asked.value",
            )
            .all(JSON.stringify(counters));
    return rows.map((row) => ({
      counter: Number(row.counter),
      value: row.value as bigint,
      missingSince: row.missing_since === null ? undefined : Number(row.missing_since),
    }));
  }

  async sessions(node: number): Promise<readonly Session[]> {
    const rows = this.statements.prepare("SELECT revision, id FROM session WHERE node = ? ORDER BY revision").all(node);
    return rows.map(({ revision, id }) => ({ revision: revision as number, id: id as string }));
  }

  async held(node: number): Promise<readonly Held[]> {
    const rows = this.statements.prepare("SELECT sender, revision, session FROM held WHERE node = ?").all(node);
    return rows.map((row) => ({
      sender: row.sender as string,
      revision: row.revision as number,
      session: row.session as string,
    }));
  }

  async sums(choice: CounterChoice, { of, from, to }: SummedRows, take: (sums: CounterSums) => void): Promise<void> {
    const { table, bytes } = summed[of];
    if ("counters" in choice) {
      const [counters, high, low] = this.#columns(
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
    const next = this.statements.prepare(`SELECT min(slot) / ${slots} AS time FROM ${table} WHERE slot >= ?`);
    for (let at = from; at < to; at++) {
      at = (next.get(slotOf(at))?.time as number | null) ?? to;
      if (at >= to) return;
      const [nodes, counters, sums] = this.#columns(
        ["node", "counter", `CASE WHEN bytes < ${2 ** 53} THEN bytes ELSE CAST(bytes AS TEXT) END`],
        `SELECT node, counter.id AS counter, ${bytes} AS bytes FROM ${table} JOIN counter ON counter.id = slot - ?1
         WHERE slot >= ?1 AND slot < ?1 + ${slots} ${ofNodes(choice, "?2")}`,
        [slotOf(at), ...nodeList(choice)],
      ) as [number[], number[], (number | string)[]];
      take({ nodes, counters, bytes: exactBytes(sums) });
    }
  }

  async packedParts(choice: CounterChoice, day: number): Promise<PackedParts> {
    const [nodes, counters, lengths, parts] = this.#columns(
      ["node", "counter", "length(parts)"],
      "counters" in choice
        ? `SELECT ?2 AS node, value AS counter, parts FROM json_each(?3) JOIN packed ON slot = ?1 + value`
        : `SELECT node, counter.id AS counter, parts FROM packed JOIN counter ON counter.id = slot - ?1
           WHERE slot >= ?1 AND slot < ?1 + ${slots} ${ofNodes(choice, "?2")}`,
      [slotOf(day), ...("counters" in choice ? [choice.node, JSON.stringify(choice.counters)] : nodeList(choice))],
      joinedParts,
    ) as [number[], number[], number[], Uint8Array | null];
    return { nodes, counters, lengths, parts: parts ?? new Uint8Array() };
  }

  async packed(choice: CounterChoice, day: number): Promise<readonly (PackedDay & { readonly node: number })[]> {
    const columns = ["node", "id", "total >> 32", "total & 0xffffffff", "revision", "length(parts)"];
    const values = "counter.node, counter.id, total, parts, revision";
    const [nodes, counters, high, low, revisions, lengths, parts] = (
      "counters" in choice
        ? this.#columns(
            columns,
            `SELECT ${values} FROM json_each(?2) JOIN counter ON counter.id = value JOIN packed ON slot = ?1 + value
             WHERE node = ?3 ORDER BY counter.id`,
            [slotOf(day), JSON.stringify(choice.counters), choice.node],
            joinedParts,
          )
        : this.#columns(
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

  async usageOf(_node: number, quarter: number, counters: readonly number[]): Promise<readonly bigint[]> {
    const select = this.statements.prepareExact(
      "SELECT coalesce(bytes, 0) AS bytes FROM json_each(?2) LEFT JOIN usage ON slot = ?1 + value ORDER BY key",
    );
    return select.all(slotOf(quarter), JSON.stringify(counters)).map(({ bytes }) => bytes as bigint);
  }

  async extent(): Promise<{ readonly from: number; readonly to: number } | undefined> {
    const select = (end: string): string =>
      `SELECT ${end}(quarter) FROM (SELECT ${end}(slot) / ${slots} AS quarter FROM usage
       UNION ALL SELECT ${end}(slot) / ${slots} * ${quartersOfDay} + ${end === "max" ? quartersOfDay - 1 : 0} FROM packed)`;
    const row = this.statements.prepare(`SELECT (${select("min")}) AS first, (${select("max")}) AS last`).get();
    if (row === undefined || row.first === null) return undefined;
    return { from: row.first as number, to: (row.last as number) + 1 };
  }

  async quarters(node: number): Promise<readonly { readonly quarter: number; readonly revision: number }[]> {
    const rows = this.statements.prepare("SELECT quarter, revision FROM touched WHERE node = ?").all(node);
    return rows.map((row) => ({ quarter: row.quarter as number, revision: row.revision as number }));
  }

  async packedDays(node: number): Promise<readonly { readonly day: number; readonly revision: number }[]> {
    const rows = this.statements.prepare("SELECT day, revision FROM packed_day WHERE node = ?").all(node);
    return rows.map((row) => ({ day: row.day as number, revision: row.revision as number }));
  }

  async changedUsage(
    node: number,
    quarter: number,
    range: { readonly since: number; readonly upTo: number; readonly after: number; readonly limit: number },
  ): Promise<readonly ChangedUsage[]> {
    const [counters, high, low] = this.#columns(
      ["id", "bytes >> 32", "bytes & 0xffffffff"],
      `SELECT counter.id, bytes FROM usage JOIN counter ON counter.id = slot - ?1
       WHERE slot > ?1 + ?2 AND slot < ?1 + ${slots} AND revision > ?3 AND revision <= ?4 AND node = ?5
       ORDER BY slot LIMIT ?6`,
      [slotOf(quarter), range.after, range.since, range.upTo, node, range.limit],
    ) as [number[], number[], number[]];
    return counters.map((counter, at) => {
      return { quarter, counter, bytes: wholeOf(high[at] as number, low[at] as number) };
    });
  }

  async entries({ nodes, kinds, from, to, since }: EntryChoice): Promise<readonly StoredEntry[]> {
    // Only what limits, so that an index is used.
    const limits: [condition: string, value: SQLInputValue | undefined][] = [
      ["kind IN (SELECT value FROM json_each(?))", kinds && JSON.stringify(kinds)],
      ["to_ms >= ?", from],
      ["from_ms <= ?", to],
      ["revision > ?", since],
      ["node IN (SELECT value FROM json_each(?))", nodes && JSON.stringify(nodes)],
    ];
    const set = limits.filter((limit): limit is [string, SQLInputValue] => limit[1] !== undefined);
    const where = ["true", ...set.map(([condition]) => condition)].join(" AND ");
    const rows = this.statements
      .prepare(`SELECT id, node, kind, at_ms, from_ms, to_ms, body FROM entry WHERE ${where} ORDER BY from_ms, id`)
      .all(...set.map(([, value]) => value));
    return rows.map((row) => ({
      id: row.id as string,
      node: row.node as number,
      kind: row.kind as string,
      at: row.at_ms as number,
      from: row.from_ms as number,
      to: row.to_ms as number,
      body: row.body as string,
    }));
  }

  /**
   * Many rows as columns. Each column is one JSON text, and what comes of `last` the value itself: some times as fast as
   * an object for each row with a value for each column.
   */
  #columns(columns: readonly string[], select: string, values: readonly SQLInputValue[], last = "NULL"): unknown[] {
    const arrays = columns.map((column, at) => `json_group_array(${column}) AS c${at}`);
    const row = this.statements.prepare(`SELECT ${arrays}, ${last} AS last FROM (${select})`).get(...values) as Row;
    return [...columns.map((_, at) => JSON.parse(row[`c${at}`] as string)), row.last];
  }
}

export type Row = Record<string, unknown>;

/** Rows whose names make one text, which must stay below what an engine holds as one. */
const rowsPerText = 2 ** 20;

/** Where rows are summed, and what of them. */
const summed = {
  quarters: { table: "usage", bytes: "bytes" },
  days: { table: "packed", bytes: "total" },
  months: { table: "packed_month", bytes: "total" },
} as const satisfies Record<SummedRows["of"], { table: string; bytes: string }>;

/** What SQLite makes one text of, though it is bytes: faster than hexadecimal. */
const joinedParts = "CAST(group_concat(parts, '') AS BLOB)";

/** Where the rows of a time begin. As a number it would be bound as a real one, with which SQLite reckons slowly. */
function slotOf(time: number): bigint {
  return BigInt(time * slots);
}

/** The sum of two halves: SQLite's integers may not hold it. */
function wholeOf(high: number, low: number): bigint {
  return high < 2 ** 20 && low < 2 ** 52 ? BigInt(high * 2 ** 32 + low) : (BigInt(high) << 32n) + BigInt(low);
}

function ofNodes({ nodes }: NodeChoice, parameter: string): string {
  return nodes === "all" ? "" : `AND node IN (SELECT value FROM json_each(${parameter}))`;
}

function nodeList({ nodes }: NodeChoice): string[] {
  return nodes === "all" ? [] : [JSON.stringify(nodes)];
}

export const selectNode = "SELECT id, ledger, name, state, revision, names, token, holder, heartbeat, base FROM node";

export function nodeFrom(row: Row): StoredNode {
  return {
    id: row.id as number,
    ledger: row.ledger as string,
    name: textOf(row.name),
    state: row.state as StoredNode["state"],
    revision: row.revision as number,
    names: row.names as number,
    token: row.token as number,
    holder: (row.holder as string | null) ?? undefined,
    heartbeat: row.heartbeat as number,
    base: (row.base as string | null) ?? undefined,
  };
}

function textOf(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString();
}
