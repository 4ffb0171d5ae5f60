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
  PackedDay,
  PackedParts,
  StoredCounter,
  StoredEntry,
  StoredNode,
  StoredRaw,
  Session as StoredSession,
  SummedRows,
} from "../store.ts";
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
      const [ids, sources, names, generations] = (await this.#columns(
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

  async sums(choice: CounterChoice, { of, from, to }: SummedRows, take: (sums: CounterSums) => void): Promise<void> {
    const { table, bytes, at, times } = summed[of];
    const [select, ...values] =
      "counters" in choice
        ? [
            // Only where there are rows: of a range in the past most quarters are packed.
            `SELECT kept.node, counter, sum(${bytes}) AS bytes FROM (${times}) AS time
             CROSS JOIN unnest($4::text::int[]) AS chosen (counter)
             JOIN @.${table} AS kept USING (${at}, counter) WHERE kept.node = $3 GROUP BY kept.node, counter`,
            choice.node,
            listOf(choice.counters),
          ]
        : [
            // Of one time a counter has one row.
            `SELECT node, counter, ${to - from === 1 ? bytes : `sum(${bytes})`} AS bytes FROM @.${table}
             WHERE node = ANY(${chosenNodes(choice, "$3")}) AND ${at} >= $1::bigint AND ${at} < $2::bigint
             ${to - from === 1 ? "" : "GROUP BY node, counter"}`,
            nodeList(choice),
          ];
    const [nodes, counters, sums] = (await this.#columns(
      ["node", "counter", `CASE WHEN bytes < ${2 ** 53} THEN bytes::text ELSE '"' || bytes || '"' END`],
      select,
      [from, to, ...values],
    )) as [number[], number[], (number | string)[]];
    take({ nodes, counters, bytes: exactBytes(sums) });
  }

  async packedParts(choice: CounterChoice, day: number): Promise<PackedParts> {
    const [chosen, ...values] =
      "counters" in choice
        ? ["node = $5 AND counter = ANY($6::text::int[])", choice.node, listOf(choice.counters)]
        : [`node = ANY(${chosenNodes(choice, "$5")})`, nodeList(choice)];
    const found = { nodes: [] as number[], counters: [] as number[], lengths: [] as number[] };
    const texts: Buffer[] = [];
    for (;;) {
      const [nodes, counters, lengths, parts] = (await this.#columns(
        ["node", "counter", "length(parts)"],
        `SELECT * FROM @.packed WHERE day = $1 AND (node, counter) > ($2::int, $3::int) AND ${chosen}
         ORDER BY node, counter LIMIT $4`,
        [day, found.nodes.at(-1) ?? 0, found.counters.at(-1) ?? 0, packedPerText, ...values],
        "encode(string_agg(parts, ''), 'hex')",
      )) as [number[], number[], number[], string | null];
      for (const [at, node] of nodes.entries()) {
        found.nodes.push(node);
        found.counters.push(counters[at] as number);
        found.lengths.push(lengths[at] as number);
      }
      texts.push(Buffer.from(parts ?? "", "hex"));
      if (nodes.length < packedPerText) return { ...found, parts: Buffer.concat(texts) };
    }
  }

  async packed(choice: CounterChoice, day: number): Promise<readonly (PackedDay & { readonly node: number })[]> {
    const columns = "node, counter, total::text AS total, encode(parts, 'hex') AS parts, revision";
    const rows =
      "counters" in choice
        ? await this.session.query(
            `SELECT ${columns} FROM @.packed WHERE node = $2 AND day = $1 AND counter = ANY($3::text::int[])
             ORDER BY counter`,
            day,
            choice.node,
            listOf(choice.counters),
          )
        : await this.session.query(
            `SELECT ${columns} FROM @.packed WHERE node = ANY(${chosenNodes(choice, "$2")}) AND day = $1
             ORDER BY node, counter`,
            day,
            nodeList(choice),
          );
    return rows.map(({ node, counter, total, parts, revision }) => ({
      node: Number(node),
      counter: Number(counter),
      total: BigInt(total as string),
      parts: Buffer.from(parts as string, "hex"),
      revision: Number(revision),
    }));
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

  /**
   * Many rows as columns. Each column is one text of what JSON is made of, and what comes of `last` the value itself:
   * some times as fast as an object for each row.
   */
  async #columns(
    columns: readonly string[],
    select: string,
    values: readonly unknown[],
    last = "NULL",
  ): Promise<unknown[]> {
    const texts = columns.map((column, at) => `string_agg((${column})::text, ',') AS c${at}`);
    const [row] = await this.session.query(`SELECT ${texts}, ${last} AS last FROM (${select}) AS row`, ...values);
    return [...columns.map((_, at) => JSON.parse(`[${row?.[`c${at}`] ?? ""}]`)), row?.last];
  }
}

/** Counters whose names make one text, which must stay below what a server holds as one. */
const countersPerText = 2 ** 18;
/** Packed days, of which each has up to a thousand bytes. */
const packedPerText = 2 ** 17;

/** Where rows are summed, what of them, and the times at which a node has some. */
const summed = {
  quarters: { table: "usage", bytes: "bytes", at: "quarter", times: timesOf("touched", "quarter") },
  days: { table: "packed", bytes: "total", at: "day", times: timesOf("packed_day", "day") },
  months: {
    table: "packed_month",
    bytes: "total",
    at: "month",
    times: "SELECT generate_series($1::int, $2::int - 1) AS month",
  },
} as const satisfies Record<SummedRows["of"], { table: string; bytes: string; at: string; times: string }>;

/** Looks each row up by itself: without statistics the planner would go through all of the node's, at worst for each. */
const byIndex = "OFFSET 0";

function timesOf(table: string, at: string): string {
  return `SELECT ${at} FROM @.${table} WHERE node = $3 AND ${at} >= $1::bigint AND ${at} < $2::bigint`;
}

/** Nodes as an array, so that the index on nodes and times is used. */
function chosenNodes({ nodes }: { readonly nodes: readonly number[] | "all" }, parameter: string): string {
  return nodes === "all"
    ? `ARRAY(SELECT node FROM @.node WHERE ${parameter}::text IS NULL)`
    : `${parameter}::text::int[]`;
}

function nodeList({ nodes }: { readonly nodes: readonly number[] | "all" }): string | null {
  return nodes === "all" ? null : listOf(nodes);
}

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
