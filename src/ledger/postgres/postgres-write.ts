import { quartersOfDay } from "../day-parts.ts";
import type {
  ChangedUsage,
  Held,
  LedgerWrite,
  NewCounter,
  NodeChange,
  PackedDay,
  Receipt,
  StoredEntry,
  StoredNode,
  Session as StoredSession,
  UsageColumns,
} from "../store.ts";
import { assertSchema } from "./migrate.ts";
import { nodeColumns, nodeFrom, PostgresRead } from "./postgres-read.ts";
import { schemaVersion } from "./schema.ts";
import { hashOf, hexList, listOf, type Session } from "./session.ts";

/** Whoever says that commits need not be on the disk does not mean this one. */
const durable = `CASE WHEN current_setting('synchronous_commit') = 'off'
  THEN set_config('synchronous_commit', 'on', true) END`;

/** A transaction that writes a PostgreSQL database, alone on the nodes it has locked. */
export class PostgresWrite extends PostgresRead implements LedgerWrite {
  /** Ids of nodes as other transactions knew them: of own ones by name, of others by ledger and name. */
  readonly #ids: Map<string, number>;

  constructor(session: Session, ids: Map<string, number>) {
    super(session);
    this.#ids = ids;
  }

  async setLedgerId(id: string): Promise<void> {
    const [ledger] = await this.session.query(
      `UPDATE @.ledger SET id = $1 RETURNING schema, ${durable} AS durable`,
      id,
    );
    assertSchema(ledger?.schema);
  }

  async ownNode(name: string): Promise<StoredNode> {
    const known = this.#ids.get(name);
    const node = (known && (await this.#lockOwn(known, name))) || (await this.#findOwn(name));
    if (node === undefined) return this.#made(undefined, name, "own");
    this.#ids.set(name, node.id);
    return node;
  }

  async nodeOf(ledger: string, name: string): Promise<StoredNode> {
    const key = `${ledger}\0${name}`;
    const known = this.#ids.get(key);
    const node = known === undefined ? undefined : await this.#lockAny(known);
    if (node?.ledger === ledger && node.name === name) return node;
    const id = await this.#idOf(ledger, name);
    if (id === undefined) return this.#made(ledger, name, "merged");
    this.#ids.set(key, id);
    return this.#lock(id);
  }

  async changeNode(id: number, change: NodeChange): Promise<void> {
    const columns = Object.keys(change).map((column, at) => `${column} = $${at + 2}`);
    const values = Object.values(change).map((value) => value ?? null);
    await this.session.query(`UPDATE @.node SET ${columns.join(", ")} WHERE node = $1`, id, ...values);
    if (change.state !== undefined)
      await this.session.query("UPDATE @.node_id SET own = $2 WHERE id = $1", id, change.state === "own");
  }

  async addSession(node: number, { revision, id }: StoredSession): Promise<void> {
    await this.session.query(
      `INSERT INTO @.session (node, revision, id) VALUES ($1, $2, $3)
       ON CONFLICT (node, revision) DO UPDATE SET id = excluded.id`,
      node,
      revision,
      id,
    );
  }

  async setHeld(node: number, { sender, revision, session }: Held): Promise<void> {
    await this.session.query(
      `INSERT INTO @.held (node, sender, revision, session) VALUES ($1, $2, $3, $4)
       ON CONFLICT (node, sender) DO UPDATE SET revision = excluded.revision, session = excluded.session`,
      node,
      sender,
      revision,
      session,
    );
  }

  async addCounters(node: number, counters: readonly NewCounter[]): Promise<readonly number[]> {
    const [grown] = await this.session.query(
      "UPDATE @.node SET names = names + 1, counters = counters + $2 WHERE node = $1 RETURNING counters",
      node,
      counters.length,
    );
    const first = Number(grown?.counters) - counters.length + 1;
    const ids = counters.map((_, at) => first + at);
    await this.session.query(
      `INSERT INTO @.counter (node, id, source, name, generation)
       SELECT $1, id, decode(source, 'hex'), decode(name, 'hex'), generation
       FROM unnest($2::text::int[], $3::text::text[], $4::text::text[], $5::text::int[])
         AS fresh (id, source, name, generation)`,
      node,
      listOf(ids),
      hexList(counters.map(({ source }) => source)),
      hexList(counters.map(({ name }) => name)),
      listOf(counters.map(({ generation }) => generation)),
    );
    return ids;
  }

  async renameCounter(node: number, counter: number, name: string): Promise<void> {
    await this.session.query("UPDATE @.node SET names = names + 1 WHERE node = $1", node);
    await this.session.query(
      "UPDATE @.counter SET name = $3 WHERE node = $1 AND id = $2",
      node,
      counter,
      Buffer.from(name),
    );
  }

  async setRaws(node: number, counters: readonly number[], values: readonly bigint[]): Promise<void> {
    if (counters.length === 0) return;
    await this.session.query(
      `INSERT INTO @.raw (node, counter, value)
       SELECT $1, counter, value FROM unnest($2::text::int[], $3::text::bigint[]) AS shown (counter, value)
       ON CONFLICT (node, counter) DO UPDATE SET value = excluded.value, missing_since = NULL`,
      node,
      listOf(counters),
      listOf(values),
    );
  }

  async setMissing(node: number, counters: readonly number[], since: number): Promise<void> {
    if (counters.length === 0) return;
    await this.session.query(
      "UPDATE @.raw SET missing_since = $3 WHERE node = $1 AND counter = ANY($2::text::int[])",
      node,
      listOf(counters),
      since,
    );
  }

  async forgetRaws(node: number, counters: readonly number[] | "all"): Promise<void> {
    if (counters === "all") await this.session.query("DELETE FROM @.raw WHERE node = $1", node);
    else if (counters.length > 0)
      await this.session.query(
        "DELETE FROM @.raw WHERE node = $1 AND counter = ANY($2::text::int[])",
        node,
        listOf(counters),
      );
  }

  async raiseUsage(node: number, revision: number, { quarter, counters, bytes }: UsageColumns): Promise<number> {
    const [raised] = await this.session.query(
      `WITH raised AS (
         INSERT INTO @.usage AS kept (node, quarter, revision, counter, bytes)
         SELECT $1, $2, $3, counter, bytes FROM unnest($4::text::int[], $5::text::bigint[]) AS moved (counter, bytes)
         ON CONFLICT (node, quarter, counter) DO UPDATE SET bytes = excluded.bytes, revision = excluded.revision
         WHERE kept.bytes < excluded.bytes RETURNING 1)
       SELECT count(*) AS rows FROM raised`,
      node,
      quarter,
      revision,
      listOf(counters),
      listOf(bytes),
    );
    const rows = Number(raised?.rows);
    if (rows > 0) await this.#touch(node, quarter, revision);
    return rows;
  }

  async addUsage(node: number, revision: number, { quarter, counters, bytes }: UsageColumns): Promise<void> {
    if (counters.length === 0) return;
    await this.#touch(node, quarter, revision);
    await this.session.query(
      `INSERT INTO @.usage AS kept (node, quarter, revision, counter, bytes)
       SELECT $1, $2, $3, counter, bytes FROM unnest($4::text::int[], $5::text::bigint[]) AS moved (counter, bytes)
       ON CONFLICT (node, quarter, counter)
       DO UPDATE SET bytes = kept.bytes + excluded.bytes, revision = excluded.revision`,
      node,
      quarter,
      revision,
      listOf(counters),
      listOf(bytes),
    );
  }

  async unpacked(
    node: number,
    day: number,
    first: number,
    last: number,
  ): Promise<readonly (ChangedUsage & { readonly revision: number })[]> {
    const rows = await this.session.query(
      `SELECT quarter, counter, bytes::text AS bytes, revision FROM @.usage
       WHERE node = $1 AND quarter = ANY($2::text::int[]) AND counter BETWEEN $3::bigint AND $4::bigint`,
      node,
      listOf(quartersIn(day)),
      first,
      last,
    );
    return rows.map(({ quarter, counter, bytes, revision }) => ({
      quarter: Number(quarter),
      counter: Number(counter),
      bytes: BigInt(bytes as string),
      revision: Number(revision),
    }));
  }

  async pack(
    node: number,
    day: number,
    { first, last }: { readonly first: number; readonly last: number },
    rows: readonly PackedDay[],
    added: { readonly month: number; readonly counters: readonly number[]; readonly bytes: readonly bigint[] },
  ): Promise<void> {
    if (rows.length > 0)
      await this.session.query(
        `INSERT INTO @.packed_day AS kept (node, day, revision) VALUES ($1, $2, $3)
         ON CONFLICT (node, day) DO UPDATE SET revision = greatest(kept.revision, excluded.revision)`,
        node,
        day,
        rows.reduce((highest, { revision }) => Math.max(highest, revision), 0),
      );
    await this.session.query(
      `INSERT INTO @.packed (node, day, counter, total, revision, parts)
       SELECT $1, $2, counter, total, revision, decode(parts, 'hex')
       FROM unnest($3::text::int[], $4::text::bigint[], $5::text::bigint[], $6::text::text[])
         AS packed (counter, total, revision, parts)
       ON CONFLICT (node, day, counter)
       DO UPDATE SET total = excluded.total, revision = excluded.revision, parts = excluded.parts`,
      node,
      day,
      listOf(rows.map(({ counter }) => counter)),
      listOf(rows.map(({ total }) => total)),
      listOf(rows.map(({ revision }) => revision)),
      hexList(rows.map(({ parts }) => parts)),
    );
    await this.session.query(
      `INSERT INTO @.packed_month AS kept (node, month, counter, total)
       SELECT $1, $2, counter, bytes FROM unnest($3::text::int[], $4::text::bigint[]) AS added (counter, bytes)
       ON CONFLICT (node, month, counter) DO UPDATE SET total = kept.total + excluded.total`,
      node,
      added.month,
      listOf(added.counters),
      listOf(added.bytes),
    );
    const quarters = listOf(quartersIn(day));
    await this.session.query(
      `DELETE FROM @.usage
       WHERE node = $1 AND quarter = ANY($2::text::int[]) AND counter BETWEEN $3::bigint AND $4::bigint`,
      node,
      quarters,
      first,
      last,
    );
    await this.session.query(
      `DELETE FROM @.touched WHERE node = $1 AND quarter = ANY($2::text::int[])
       AND NOT EXISTS (SELECT 1 FROM @.usage AS kept WHERE kept.node = $1 AND kept.quarter = touched.quarter)`,
      node,
      quarters,
    );
  }

  async addEntries(revision: number, entries: readonly StoredEntry[]): Promise<number> {
    const added = await this.session.query(
      `INSERT INTO @.entry (id, node, kind, at_ms, from_ms, to_ms, body, revision)
       SELECT id, node, kind, at_ms, from_ms, to_ms, body, $2 FROM json_to_recordset($1::text::json)
         AS fresh (id text, node int, kind text, at_ms bigint, from_ms bigint, to_ms bigint, body text)
       ON CONFLICT (node, id) DO NOTHING RETURNING id`,
      JSON.stringify(entries.map(({ at, from, to, ...rest }) => ({ ...rest, at_ms: at, from_ms: from, to_ms: to }))),
      revision,
    );
    return added.length;
  }

  async rewriteEntry(node: number, id: string, body: string): Promise<void> {
    await this.session.query("UPDATE @.entry SET body = $3 WHERE node = $1 AND id = $2", node, id, body);
  }

  async addReceipt(node: number, { source, key, at, until }: Receipt): Promise<number | undefined> {
    await this.session.query("DELETE FROM @.receipt WHERE node = $1 AND until_ms < $2", node, at);
    const hash = hashOf(JSON.stringify([source, key]));
    const [before] = await this.session.query("SELECT at_ms FROM @.receipt WHERE node = $1 AND hash = $2", node, hash);
    await this.session.query(
      `INSERT INTO @.receipt (node, hash, at_ms, until_ms) VALUES ($1, $2, $3, $4)
       ON CONFLICT (node, hash) DO UPDATE SET at_ms = excluded.at_ms, until_ms = excluded.until_ms`,
      node,
      hash,
      at,
      until ?? null,
    );
    return before && Number(before.at_ms);
  }

  async #touch(node: number, quarter: number, revision: number): Promise<void> {
    await this.session.query(
      `INSERT INTO @.touched (node, quarter, revision) VALUES ($1, $2, $3)
       ON CONFLICT (node, quarter) DO UPDATE SET revision = excluded.revision`,
      node,
      quarter,
      revision,
    );
  }

  /** The node, made where there is none, and locked. @param ledger `undefined` for this one */
  async #made(ledger: string | undefined, name: string, state: StoredNode["state"]): Promise<StoredNode> {
    // Until the end the ledger keeps its id and its schema.
    const [own] = await this.session.query("SELECT id, schema FROM @.ledger FOR SHARE");
    assertSchema(own?.schema);
    const of = ledger ?? (own?.id as string);
    const [made] = await this.session.query(
      `INSERT INTO @.node_id (ledger, name_hash, own) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id`,
      of,
      hashOf(name),
      state === "own",
    );
    if (made !== undefined)
      await this.session.query(
        `INSERT INTO @.node (node, schema, ledger, name, state, revision, names, counters, token, heartbeat)
         VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0)`,
        Number(made.id),
        schemaVersion,
        of,
        Buffer.from(name),
        state,
      );
    // Another may have made it at the same time.
    if (state === "own") {
      const found = await this.#findOwn(name);
      if (found !== undefined) return found;
    }
    return this.#lock((await this.#idOf(of, name)) as number);
  }

  async #findOwn(name: string): Promise<StoredNode | undefined> {
    const [found] = await this.session.query("SELECT id FROM @.node_id WHERE name_hash = $1 AND own", hashOf(name));
    return found && this.#lockOwn(Number(found.id), name);
  }

  async #idOf(ledger: string, name: string): Promise<number | undefined> {
    const [found] = await this.session.query(
      "SELECT id FROM @.node_id WHERE ledger = $1 AND name_hash = $2",
      ledger,
      hashOf(name),
    );
    return found && Number(found.id);
  }

  /** Locks a node that ought to be our own of this name; `undefined` where it is not any more. */
  async #lockOwn(id: number, name: string): Promise<StoredNode | undefined> {
    const node = await this.#lockAny(id);
    return node?.state === "own" && node.name === name ? node : undefined;
  }

  async #lock(id: number): Promise<StoredNode> {
    return (await this.#lockAny(id)) as StoredNode;
  }

  async #lockAny(id: number): Promise<StoredNode | undefined> {
    const [row] = await this.session.query(
      `SELECT ${nodeColumns}, schema, ${durable} AS durable FROM @.node WHERE node = $1 FOR UPDATE`,
      id,
    );
    if (row === undefined) return undefined;
    assertSchema(row.schema);
    return nodeFrom(row);
  }
}

function quartersIn(day: number): number[] {
  return Array.from({ length: quartersOfDay }, (_, at) => day * quartersOfDay + at);
}
