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
  StoredCounter,
  StoredEntry,
  StoredNode,
  StoredRaw,
  Session as StoredSession,
  SummedRows,
} from "../store.ts";
import { readPacked, readPackedParts, readSums } from "./read-sums.ts";
import { hashList, hashOf, listOf, type Row, type Session, textFrom } from "./session.ts";

/** A transaction that reads a PostgreSQL database. Bytes come as texts: drivers differ in what they make of numbers. */
export class PostgresRead implements LedgerRead {
  protected readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async ledgerId(): Promise<string> {
    const [ledger] = await this.session.query("SELECT id FROM @.ledger");
    return ledger?.id as string;
  }

  async nodes(): Promise<readonly StoredNode[]> {
    return (await this.session.query(`SELECT ${nodeColumns} FROM @.node ORDER BY node`)).map(nodeFrom);
  }

  async nodesNamed(names: readonly string[]): Promise<readonly StoredNode[]> {
    const rows = await this.session.query(
      `SELECT ${nodeColumns} FROM @.node WHERE state <> 'sealed' AND node = ANY(ARRAY(
         SELECT id FROM @.node_id JOIN unnest($1::text::text[]) AS asked (hash) ON name_hash = decode(hash, 'hex')))`,
      hashList(names),
    );
    return rows.map(nodeFrom);
  }

  async ledgersOf(name: string): Promise<number> {
    const [row] = await this.session.query(
      "SELECT count(*) AS nodes FROM @.node_id WHERE name_hash = $1",
      hashOf(name),
    );
    return Number(row?.nodes);
  }

  async counters(node: number): Promise<readonly StoredCounter[]> {
    const counters: StoredCounter[] = [];
    for (let after = 0; ; after = (counters.at(-1) as StoredCounter).id) {
      const [ids, sources, names, generations] = (await this.session.columns(
        ["id", "to_json(encode(source, 'hex'))", "to_json(encode(name, 'hex'))", "generation"],
        "SELECT * FROM @.counter WHERE node = $1 AND id > $2 ORDER BY id LIMIT $3",
        [node, after, countersPerText],
      )) as [number[], string[], string[], number[]];
      for (const [at, id] of ids.entries())
        counters.push(counterFrom({ id, source: sources[at], name: names[at], generation: generations[at] }));
      if (ids.length < countersPerText) return counters;
    }
  }

  async countersNamed(node: number, names: readonly string[]): Promise<readonly StoredCounter[]> {
    const rows = await this.session.query(
      `SELECT id, encode(source, 'hex') AS source, encode(name, 'hex') AS name, generation
       FROM unnest($2::text::text[]) AS asked (hash)
       CROSS JOIN LATERAL (
         SELECT * FROM @.counter AS kept WHERE kept.node = $1 AND sha256(kept.name) = decode(hash, 'hex')
         ${byIndex}) AS found ORDER BY id`,
      node,
      hashList([...new Set(names)]),
    );
    return rows.map(counterFrom);
  }

  async counterIds(node: number, counters: readonly NewCounter[]): Promise<readonly (number | undefined)[]> {
    const rows = await this.session.query(
      `SELECT place, id FROM unnest($2::text::text[], $3::text::text[], $4::text::int[])
         WITH ORDINALITY AS asked (source, name, generation, place)
       CROSS JOIN LATERAL (
         SELECT id FROM @.counter AS kept WHERE kept.node = $1 AND sha256(kept.name) = decode(asked.name, 'hex')
         AND sha256(kept.source) = decode(asked.source, 'hex') AND kept.generation = asked.generation
         ${byIndex}) AS found`,
      node,
      hashList(counters.map(({ source }) => source)),
      hashList(counters.map(({ name }) => name)),
      listOf(counters.map(({ generation }) => generation)),
    );
    const ids = Array<number | undefined>(counters.length).fill(undefined);
    for (const { place, id } of rows) ids[Number(place) - 1] = Number(id);
    return ids;
  }

  async raws(node: number, counters?: readonly number[]): Promise<readonly StoredRaw[]> {
    const select = "SELECT counter, value::text AS value, missing_since FROM @.raw WHERE node = $1";
    const rows =
      counters === undefined
        ? await this.session.query(`${select} ORDER BY counter`, node)
        : await this.session.query(`${select} AND counter = ANY($2::text::int[])`, node, listOf(counters));
    return rows.map(({ counter, value, missing_since }) => ({
      counter: Number(counter),
      value: BigInt(value as string),
      missingSince: missing_since === null ? undefined : Number(missing_since),
    }));
  }

  async sessions(node: number): Promise<readonly StoredSession[]> {
    const rows = await this.session.query("SELECT revision, id FROM @.session WHERE node = $1 ORDER BY revision", node);
    return rows.map(({ revision, id }) => ({ revision: Number(revision), id: id as string }));
  }

  async held(node: number): Promise<readonly Held[]> {
    const rows = await this.session.query("SELECT sender, revision, session FROM @.held WHERE node = $1", node);
    return rows.map(({ sender, revision, session }) => ({
      sender: sender as string,
      revision: Number(revision),
      session: session as string,
    }));
  }

  async sums(choice: CounterChoice, rows: SummedRows, take: (sums: CounterSums) => void): Promise<void> {
    return readSums(this.session, choice, rows, take);
  }

  async packedParts(choice: CounterChoice, day: number): Promise<PackedParts> {
    return readPackedParts(this.session, choice, day);
  }

  async packed(choice: CounterChoice, day: number): Promise<readonly (PackedDay & { readonly node: number })[]> {
    return readPacked(this.session, choice, day);
  }

  async usageOf(node: number, quarter: number, counters: readonly number[]): Promise<readonly bigint[]> {
    const rows = await this.session.query(
      `SELECT coalesce(bytes, 0)::text AS bytes FROM unnest($3::text::int[]) WITH ORDINALITY AS asked (counter, place)
       LEFT JOIN LATERAL (
         SELECT bytes FROM @.usage AS kept WHERE kept.node = $1 AND kept.quarter = $2 AND kept.counter = asked.counter
         ${byIndex}) AS found ON true ORDER BY place`,
      node,
      quarter,
      listOf(counters),
    );
    return rows.map(({ bytes }) => BigInt(bytes as string));
  }

  async extent(): Promise<{ readonly from: number; readonly to: number } | undefined> {
    const [row] = await this.session.query(
      `SELECT min(first) AS first, max(last) AS last FROM (
         SELECT min(quarter) AS first, max(quarter) AS last FROM @.touched
         UNION ALL
         SELECT min(day) * ${quartersOfDay}, max(day) * ${quartersOfDay} + ${quartersOfDay - 1} FROM @.packed_day
       ) AS kept`,
    );
    if (row === undefined || row.first === null) return undefined;
    return { from: Number(row.first), to: Number(row.last) + 1 };
  }

  async quarters(node: number): Promise<readonly { readonly quarter: number; readonly revision: number }[]> {
    const rows = await this.session.query(
      "SELECT quarter, revision FROM @.touched WHERE node = $1 ORDER BY quarter",
      node,
    );
    return rows.map(({ quarter, revision }) => ({ quarter: Number(quarter), revision: Number(revision) }));
  }

  async packedDays(node: number): Promise<readonly { readonly day: number; readonly revision: number }[]> {
    const rows = await this.session.query("SELECT day, revision FROM @.packed_day WHERE node = $1 ORDER BY day", node);
    return rows.map(({ day, revision }) => ({ day: Number(day), revision: Number(revision) }));
  }

  async changedUsage(
    node: number,
    quarter: number,
    range: { readonly since: number; readonly upTo: number; readonly after: number; readonly limit: number },
  ): Promise<readonly ChangedUsage[]> {
    const rows = await this.session.query(
      `SELECT counter, bytes::text AS bytes FROM @.usage
       WHERE node = $1 AND quarter = $2 AND counter > $3::bigint AND revision > $4 AND revision <= $5
       ORDER BY counter LIMIT $6`,
      node,
      quarter,
      range.after,
      range.since,
      range.upTo,
      range.limit,
    );
    return rows.map(({ counter, bytes }) => ({ quarter, counter: Number(counter), bytes: BigInt(bytes as string) }));
  }

  async entries({ nodes, kinds, from, to, since }: EntryChoice): Promise<readonly StoredEntry[]> {
    const rows = await this.session.query(
      `SELECT id, node, kind, at_ms, from_ms, to_ms, body FROM @.entry
       WHERE ($1::bigint IS NULL OR to_ms >= $1) AND ($2::bigint IS NULL OR from_ms <= $2)
       AND ($3::bigint IS NULL OR revision > $3) AND ($4::text IS NULL OR node = ANY($4::text::int[]))
       AND ($5::text IS NULL OR kind IN (SELECT json_array_elements_text($5::text::json)))
       ORDER BY from_ms, id COLLATE "C"`,
      from ?? null,
      to ?? null,
      since ?? null,
      nodes === undefined ? null : listOf(nodes),
      kinds === undefined ? null : JSON.stringify(kinds),
    );
    return rows.map((row) => ({
      id: row.id as string,
      node: Number(row.node),
      kind: row.kind as string,
      at: Number(row.at_ms),
      from: Number(row.from_ms),
      to: Number(row.to_ms),
      body: row.body as string,
    }));
  }
}

/** Counters whose names make one text, which must stay below what a server holds as one. */
const countersPerText = 2 ** 18;

/** Looks each row up by itself: without statistics the planner would go through all of the node's, at worst for each. */
const byIndex = "OFFSET 0";

function counterFrom({ id, source, name, generation }: Row): StoredCounter {
  return { id: Number(id), source: textFrom(source), name: textFrom(name), generation: Number(generation) };
}

export const nodeColumns =
  "node, ledger, encode(name, 'hex') AS name, state, revision, names, token, holder, heartbeat, base";

export function nodeFrom(row: Row): StoredNode {
  return {
    id: Number(row.node),
    ledger: row.ledger as string,
    name: textFrom(row.name),
    state: row.state as StoredNode["state"],
    revision: Number(row.revision),
    names: Number(row.names),
    token: Number(row.token),
    holder: (row.holder as string | null) ?? undefined,
    heartbeat: Number(row.heartbeat),
    base: (row.base as string | null) ?? undefined,
  };
}
