import { quartersOfDay } from "../day-parts.ts";
import type {
  ChangedUsage,
  CounterChoice,
  CounterSums,
  EntryChoice,
  Held,
  LedgerRead,
  PackedDay,
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

  async counters(node: number): Promise<readonly StoredCounter[]> {
    const rows = this.statements
      .prepare("SELECT id, source, name, generation FROM counter WHERE node = ? ORDER BY id")
      .all(node);
    return rows.map((row) => ({
      id: row.id as number,
      source: row.source as string,
      name: textOf(row.name),
      generation: row.generation as number,
    }));
  }

  async raws(node: number): Promise<readonly StoredRaw[]> {
    const rows = this.statements
      .prepareExact(
        "SELECT counter, value, missing_since FROM counter JOIN raw ON raw.counter = id WHERE node = ? ORDER BY id",
      )
      .all(node);
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

  async sums(choice: CounterChoice, { of, from, to }: SummedRows): Promise<CounterSums> {
    const { table, bytes } = summed[of];
    const sums: CounterSums = { nodes: [], counters: [], bytes: [] };
    const rows =
      "counters" in choice
        ? this.statements
            .prepareExact(
              `WITH RECURSIVE time (start) AS (
                 SELECT ?1 WHERE ?1 < ?2 UNION ALL SELECT start + ${slots} FROM time WHERE start + ${slots} < ?2)
               SELECT ?3 AS node, value AS counter, ${halves(bytes)} FROM json_each(?4), time
               JOIN ${table} ON slot = start + value GROUP BY value`,
            )
            .iterate(from * slots, to * slots, choice.node, JSON.stringify(choice.counters))
        : this.statements
            .prepareExact(
              `SELECT counter.node, counter.id AS counter, high, low FROM (
                 SELECT slot % ${slots} AS id, ${halves(bytes)} FROM ${table} WHERE slot >= ?1 AND slot < ?2 GROUP BY 1
               ) AS sum JOIN counter ON counter.id = sum.id
               WHERE ?3 IS NULL OR counter.node IN (SELECT value FROM json_each(?3))`,
            )
            .iterate(from * slots, to * slots, listOf(choice.nodes));
    for (const row of rows) {
      sums.nodes.push(Number(row.node));
      sums.counters.push(Number(row.counter));
      sums.bytes.push(((row.high as bigint) << 32n) + (row.low as bigint));
    }
    return sums;
  }

  async packed(choice: CounterChoice, day: number): Promise<readonly (PackedDay & { readonly node: number })[]> {
    const columns = "counter.node, counter.id AS counter, total, parts, revision";
    const rows =
      "counters" in choice
        ? this.statements
            .prepareExact(
              `SELECT ${columns} FROM json_each(?2) JOIN counter ON counter.id = value JOIN packed ON slot = ?1 + value
               WHERE node = ?3 ORDER BY counter.id`,
            )
            .all(day * slots, JSON.stringify(choice.counters), choice.node)
        : this.statements
            .prepareExact(
              `SELECT ${columns} FROM packed JOIN counter ON counter.id = slot - ?1
               WHERE slot >= ?1 AND slot < ?1 + ${slots}
               AND (?2 IS NULL OR node IN (SELECT value FROM json_each(?2))) ORDER BY node, slot`,
            )
            .all(day * slots, listOf(choice.nodes));
    return rows.map((row) => ({
      node: Number(row.node),
      counter: Number(row.counter),
      total: row.total as bigint,
      parts: row.parts as Uint8Array,
      revision: Number(row.revision),
    }));
  }

  async usageOf(_node: number, quarter: number, counters: readonly number[]): Promise<readonly bigint[]> {
    const select = this.statements.prepareExact(
      "SELECT coalesce(bytes, 0) AS bytes FROM json_each(?2) LEFT JOIN usage ON slot = ?1 + value ORDER BY key",
    );
    return select.all(quarter * slots, JSON.stringify(counters)).map(({ bytes }) => bytes as bigint);
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
    const rows = this.statements
      .prepareExact(
        `SELECT counter.id AS counter, bytes FROM usage JOIN counter ON counter.id = slot - ?1
         WHERE slot > ?1 + ?2 AND slot < ?1 + ${slots} AND revision > ?3 AND revision <= ?4 AND node = ?5
         ORDER BY slot LIMIT ?6`,
      )
      .all(quarter * slots, range.after, range.since, range.upTo, node, range.limit);
    return rows.map((row) => ({ quarter, counter: Number(row.counter), bytes: row.bytes as bigint }));
  }

  async entries({ nodes, kinds, from, to, since }: EntryChoice): Promise<readonly StoredEntry[]> {
    const rows = this.statements
      .prepare(
        `SELECT id, node, kind, at_ms, from_ms, to_ms, body FROM entry
         WHERE (?1 IS NULL OR to_ms >= ?1) AND (?2 IS NULL OR from_ms <= ?2) AND (?3 IS NULL OR revision > ?3)
         AND (?4 IS NULL OR node IN (SELECT value FROM json_each(?4)))
         AND (?5 IS NULL OR kind IN (SELECT value FROM json_each(?5))) ORDER BY from_ms, id`,
      )
      .all(from ?? null, to ?? null, since ?? null, listOf(nodes ?? "all"), listOf(kinds ?? "all"));
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
}

export type Row = Record<string, unknown>;

/** Where rows are summed, and what of them. */
const summed = {
  quarters: { table: "usage", bytes: "bytes" },
  days: { table: "packed", bytes: "total" },
  months: { table: "packed_month", bytes: "total" },
} as const satisfies Record<SummedRows["of"], { table: string; bytes: string }>;

/** In two halves: a sum may go beyond what SQLite's integers hold. */
function halves(bytes: string): string {
  return `sum(${bytes} >> 32) AS high, sum(${bytes} & 0xffffffff) AS low`;
}

function listOf(values: readonly unknown[] | "all"): string | null {
  return values === "all" ? null : JSON.stringify(values);
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
