import { quartersOfDay } from "../day-parts.ts";
import type {
  ChangedUsage,
  Held,
  LedgerWrite,
  NewCounter,
  NodeChange,
  PackedDay,
  Receipt,
  Session,
  StoredEntry,
  StoredNode,
  UsageColumns,
} from "../store.ts";
import { slotOf, slots } from "./schema.ts";
import { nodeFrom, type Row, SqliteRead, selectNode } from "./sqlite-read.ts";

/** A transaction that writes a SQLite file, alone. */
export class SqliteWrite extends SqliteRead implements LedgerWrite {
  async setLedgerId(id: string): Promise<void> {
    this.statements.prepare("UPDATE ledger SET id = ?").run(id);
  }

  async ownNode(name: string): Promise<StoredNode> {
    const own = this.statements.prepare(`${selectNode} WHERE name = ? AND state = 'own'`).get(Buffer.from(name));
    return own === undefined ? this.#made(await this.ledgerId(), name, "own") : nodeFrom(own);
  }

  async nodeOf(ledger: string, name: string): Promise<StoredNode> {
    return this.#made(ledger, name, "merged");
  }

  async changeNode(id: number, change: NodeChange): Promise<void> {
    const columns = Object.keys(change);
    const values = Object.values(change).map((value) => value ?? null);
    this.statements
      .prepare(`UPDATE node SET ${columns.map((each) => `${each} = ?`).join(", ")} WHERE id = ?`)
      .run(...values, id);
  }

  async addSession(node: number, { revision, id }: Session): Promise<void> {
    this.statements
      .prepare("INSERT OR REPLACE INTO session (node, revision, id) VALUES (?, ?, ?)")
      .run(node, revision, id);
  }

  async setHeld(node: number, { sender, revision, session }: Held): Promise<void> {
    this.statements
      .prepare("INSERT OR REPLACE INTO held (node, sender, revision, session) VALUES (?, ?, ?, ?)")
      .run(node, sender, revision, session);
  }

  async addCounters(node: number, counters: readonly NewCounter[]): Promise<readonly number[]> {
    const insert = this.statements.prepare("INSERT INTO counter (node, source, name, generation) VALUES (?, ?, ?, ?)");
    const ids = counters.map(({ source, name, generation }) =>
      Number(insert.run(node, source, Buffer.from(name), generation).lastInsertRowid),
    );
    this.#namesChanged(node);
    return ids;
  }

  async renameCounter(node: number, counter: number, name: string): Promise<void> {
    this.#withoutTrace(() => {
      this.statements.prepare("UPDATE counter SET name = ? WHERE id = ?").run(Buffer.from(name), counter);
    });
    this.#namesChanged(node);
  }

  async setRaws(_node: number, counters: readonly number[], values: readonly bigint[]): Promise<void> {
    this.statements.runMany({
      head: "INSERT INTO raw (counter, value) VALUES ",
      tail: " ON CONFLICT (counter) DO UPDATE SET value = excluded.value, missing_since = NULL",
      columns: [counters, values],
    });
  }

  async setMissing(_node: number, counters: readonly number[], since: number): Promise<void> {
    const update = this.statements.prepare("UPDATE raw SET missing_since = ? WHERE counter = ?");
    for (const counter of counters) update.run(since, counter);
  }

  async forgetRaws(node: number, counters: readonly number[] | "all"): Promise<void> {
    if (counters === "all") {
      this.statements.prepare("DELETE FROM raw WHERE counter IN (SELECT id FROM counter WHERE node = ?)").run(node);
      return;
    }
    const remove = this.statements.prepare("DELETE FROM raw WHERE counter = ?");
    for (const counter of counters) remove.run(counter);
  }

  async raiseUsage(node: number, revision: number, { quarter, counters, bytes }: UsageColumns): Promise<number> {
    const raised = this.statements.runMany({
      head: "INSERT INTO usage (slot, bytes, revision) VALUES ",
      tail: ` ON CONFLICT (slot) DO UPDATE SET bytes = excluded.bytes, revision = excluded.revision
              WHERE excluded.bytes > usage.bytes`,
      columns: [slotsOf(quarter, counters), bytes, revision],
    });
    if (raised > 0) this.#touch(node, quarter, revision);
    return raised;
  }

  async addUsage(node: number, revision: number, { quarter, counters, bytes }: UsageColumns): Promise<void> {
    if (counters.length === 0) return;
    this.#touch(node, quarter, revision);
    this.statements.runMany({
      head: "INSERT INTO usage (slot, bytes, revision) VALUES ",
      tail: " ON CONFLICT (slot) DO UPDATE SET bytes = bytes + excluded.bytes, revision = excluded.revision",
      columns: [slotsOf(quarter, counters), bytes, revision],
    });
  }

  async unpacked(
    node: number,
    day: number,
    first: number,
    last: number,
  ): Promise<readonly (ChangedUsage & { readonly revision: number })[]> {
    const select = this.statements.prepareExact(
      `SELECT counter.id AS counter, bytes, revision FROM usage JOIN counter ON counter.id = slot - ?1
       WHERE slot BETWEEN ?1 + ?2 AND ?1 + ?3 AND node = ?4`,
    );
    const rows: (ChangedUsage & { readonly revision: number })[] = [];
    for (const quarter of quartersIn(day))
      for (const row of select.iterate(slotOf(quarter), first, last, node))
        rows.push({
          quarter,
          counter: Number(row.counter),
          bytes: row.bytes as bigint,
          revision: Number(row.revision),
        });
    return rows;
  }

  async pack(
    node: number,
    day: number,
    { first, last }: { readonly first: number; readonly last: number },
    rows: readonly PackedDay[],
    added: { readonly month: number; readonly counters: readonly number[]; readonly bytes: readonly bigint[] },
  ): Promise<void> {
    this.statements.runMany({
      head: "INSERT INTO packed (slot, total, revision, parts) VALUES ",
      tail: " ON CONFLICT (slot) DO UPDATE SET total = excluded.total, revision = excluded.revision, parts = excluded.parts",
      columns: [
        slotsOf(
          day,
          rows.map(({ counter }) => counter),
        ),
        rows.map(({ total }) => total),
        rows.map(({ revision }) => revision),
        rows.map(({ parts }) => parts),
      ],
    });
    this.statements.runMany({
      head: "INSERT INTO packed_month (slot, total) VALUES ",
      tail: " ON CONFLICT (slot) DO UPDATE SET total = total + excluded.total",
      columns: [slotsOf(added.month, added.counters), added.bytes],
    });
    if (rows.length > 0)
      this.statements
        .prepare(
          `INSERT INTO packed_day (node, day, revision) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET revision = max(revision, excluded.revision)`,
        )
        .run(
          node,
          day,
          rows.reduce((highest, { revision }) => Math.max(highest, revision), 0),
        );
    const remove = this.statements.prepare(
      `DELETE FROM usage WHERE slot BETWEEN ?1 + ?2 AND ?1 + ?3
       AND EXISTS (SELECT 1 FROM counter WHERE id = slot - ?1 AND node = ?4)`,
    );
    const empty = this.statements.prepare(
      `DELETE FROM touched WHERE node = ?1 AND quarter = ?2 AND NOT EXISTS (
         SELECT 1 FROM usage JOIN counter ON counter.id = slot - ?3
         WHERE slot >= ?3 AND slot < ?3 + ${slots} AND counter.node = ?1)`,
    );
    for (const quarter of quartersIn(day)) {
      remove.run(slotOf(quarter), first, last, node);
      empty.run(node, quarter, slotOf(quarter));
    }
  }

  async addEntries(revision: number, entries: readonly StoredEntry[]): Promise<number> {
    const insert = this.statements.prepare(
      `INSERT INTO entry (id, node, kind, at_ms, from_ms, to_ms, body, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    );
    let added = 0;
    for (const { id, node, kind, at, from, to, body } of entries)
      added += Number(insert.run(id, node, kind, at, from, to, body, revision).changes);
    return added;
  }

  async rewriteEntry(_node: number, id: string, body: string): Promise<void> {
    this.#withoutTrace(() => {
      this.statements.prepare("UPDATE entry SET body = ? WHERE id = ?").run(body, id);
    });
  }

  async addReceipt(node: number, { source, key, at, until }: Receipt): Promise<number | undefined> {
    this.statements.prepare("DELETE FROM receipt WHERE node = ? AND until_ms < ?").run(node, at);
    const found = this.statements
      .prepare("SELECT at_ms FROM receipt WHERE node = ? AND source = ? AND key = ?")
      .get(node, source, key);
    this.statements
      .prepare("INSERT OR REPLACE INTO receipt (node, source, key, at_ms, until_ms) VALUES (?, ?, ?, ?, ?)")
      .run(node, source, key, at, until ?? null);
    return found?.at_ms as number | undefined;
  }

  #made(ledger: string, name: string, state: StoredNode["state"]): StoredNode {
    const key = Buffer.from(name);
    this.statements
      .prepare(
        `INSERT INTO node (ledger, name, state, revision, names, token, heartbeat) VALUES (?, ?, ?, 0, 0, 0, 0)
         ON CONFLICT DO NOTHING`,
      )
      .run(ledger, key, state);
    return nodeFrom(this.statements.prepare(`${selectNode} WHERE ledger = ? AND name = ?`).get(ledger, key) as Row);
  }

  /** SQLite leaves what it replaces in the file's free space, unless it is told to overwrite it. */
  #withoutTrace(update: () => void): void {
    this.statements.database.exec("PRAGMA secure_delete = ON");
    try {
      update();
    } finally {
      this.statements.database.exec("PRAGMA secure_delete = OFF");
    }
  }

  #touch(node: number, quarter: number, revision: number): void {
    this.statements
      .prepare(
        `INSERT INTO touched (node, quarter, revision) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET revision = excluded.revision`,
      )
      .run(node, quarter, revision);
  }

  #namesChanged(node: number): void {
    this.statements.prepare("UPDATE node SET names = names + 1 WHERE id = ?").run(node);
  }
}

/** The keys of rows of one time. */
function slotsOf(time: number, counters: readonly number[]): number[] {
  const start = time * slots;
  return counters.map((counter) => start + counter);
}

function quartersIn(day: number): number[] {
  return Array.from({ length: quartersOfDay }, (_, at) => day * quartersOfDay + at);
}
