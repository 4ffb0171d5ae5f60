import type { SQLInputValue } from "node:sqlite";
import { quartersOfDay } from "../day-parts.ts";
import type {
  ChangedUsage,
  CounterChoice,
  CounterSums,
  EntryChoice,
  Held,
  LedgerRead,
  NewCounter,
  PackedDay,
  PackedParts,
  Session,
  StoredCounter,
  StoredEntry,
  StoredNode,
  StoredRaw,
  SummedRows,
} from "../store.ts";
import { readPacked, readPackedParts, readSums, wholeOf } from "./read-sums.ts";
import { slotOf, slots } from "./schema.ts";
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
      const [ids, sources, names, generations] = this.statements.columns(
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

  async sums(choice: CounterChoice, rows: SummedRows, take: (sums: CounterSums) => void): Promise<void> {
    readSums(this.statements, choice, rows, take);
  }

  async packedParts(choice: CounterChoice, day: number): Promise<PackedParts> {
    return readPackedParts(this.statements, choice, day);
  }

  async packed(choice: CounterChoice, day: number): Promise<readonly (PackedDay & { readonly node: number })[]> {
    return readPacked(this.statements, choice, day);
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
    const [counters, high, low] = this.statements.columns(
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
}

export type Row = Record<string, unknown>;

/** Rows whose names make one text, which must stay below what an engine holds as one. */
const rowsPerText = 2 ** 20;

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
