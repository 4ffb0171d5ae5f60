import { randomUUID } from "node:crypto";
import { counterKey } from "../counter-key.ts";
import { joinParts, quartersOfDay } from "../day-parts.ts";
import type {
  ChangedUsage,
  CounterChoice,
  CounterSums,
  EntryChoice,
  Held,
  LedgerWrite,
  NewCounter,
  NodeChange,
  PackedDay,
  PackedParts,
  Receipt,
  Session,
  StoredCounter,
  StoredEntry,
  StoredNode,
  StoredRaw,
  SummedRows,
  UsageColumns,
} from "../store.ts";
import type { KeptCounter, KeptNode } from "./kept.ts";
import { UndoLog } from "./undo-log.ts";

/** Everything there is, and how the running transaction is taken back. Transactions come one at a time. */
export class MemoryTransaction implements LedgerWrite {
  #ledgerId = randomUUID() as string;
  readonly #nodes: KeptNode[] = [];
  readonly #counters: KeptCounter[] = [];
  readonly #entries = new Map<string, StoredEntry & { readonly revision: number }>();
  /** Of the running transaction. */
  readonly #changes = new UndoLog();

  commit(): void {
    this.#changes.forget();
  }

  rollBack(): void {
    this.#changes.undo();
  }

  async ledgerId(): Promise<string> {
    return this.#ledgerId;
  }

  async setLedgerId(id: string): Promise<void> {
    const before = this.#ledgerId;
    this.#ledgerId = id;
    this.#changes.add(() => {
      this.#ledgerId = before;
    });
  }

  async nodes(): Promise<readonly StoredNode[]> {
    return this.#nodes.map(({ stored }) => stored);
  }

  async nodesNamed(names: readonly string[]): Promise<readonly StoredNode[]> {
    const asked = new Set(names);
    return (await this.nodes()).filter(({ name, state }) => state !== "sealed" && asked.has(name));
  }

  async ledgersOf(name: string): Promise<number> {
    return (await this.nodes()).filter((node) => node.name === name).length;
  }

  async ownNode(name: string): Promise<StoredNode> {
    const own = this.#nodes.find(({ stored }) => stored.name === name && stored.state === "own");
    return own?.stored ?? this.#made(this.#ledgerId, name, "own");
  }

  async nodeOf(ledger: string, name: string): Promise<StoredNode> {
    return this.#made(ledger, name, "merged");
  }

  async changeNode(id: number, change: NodeChange): Promise<void> {
    const node = this.#node(id);
    this.#changes.assign(node, "stored", { ...node.stored, ...change } as StoredNode);
  }

  async sessions(node: number): Promise<readonly Session[]> {
    return this.#node(node).sessions;
  }

  async addSession(node: number, session: Session): Promise<void> {
    const kept = this.#node(node);
    const others = kept.sessions.filter(({ revision }) => revision !== session.revision);
    this.#changes.assign(kept, "sessions", [...others, session]);
  }

  async held(node: number): Promise<readonly Held[]> {
    return [...this.#node(node).held.values()];
  }

  async setHeld(node: number, held: Held): Promise<void> {
    this.#changes.set(this.#node(node).held, held.sender, held);
  }

  async counters(node: number): Promise<readonly StoredCounter[]> {
    return this.#of(node).map(({ stored: { node: _, ...counter } }) => counter);
  }

  async counterIds(node: number, counters: readonly NewCounter[]): Promise<readonly (number | undefined)[]> {
    const ids = new Map(this.#of(node).map(({ stored }) => [counterKey(stored), stored.id]));
    return counters.map((counter) => ids.get(counterKey(counter)));
  }

  async countersNamed(node: number, names: readonly string[]): Promise<readonly StoredCounter[]> {
    const asked = new Set(names);
    return (await this.counters(node)).filter(({ name }) => asked.has(name));
  }

  async raws(node: number, counters?: readonly number[]): Promise<readonly StoredRaw[]> {
    const chosen = counters === undefined ? this.#of(node) : counters.map((id) => this.#counter(id));
    return chosen.flatMap(({ raw }) => raw ?? []);
  }

  async addCounters(node: number, counters: readonly NewCounter[]): Promise<readonly number[]> {
    this.#namesChanged(node);
    return counters.map((counter) => {
      const id = this.#counters.length + 1;
      this.#counters.push({
        stored: { ...counter, id, node },
        raw: undefined,
        usage: new Map(),
        packed: new Map(),
        months: new Map(),
      });
      this.#changes.add(() => this.#counters.pop());
      return id;
    });
  }

  async renameCounter(node: number, counter: number, name: string): Promise<void> {
    this.#namesChanged(node);
    const kept = this.#counter(counter);
    this.#changes.assign(kept, "stored", { ...kept.stored, name });
  }

  async setRaws(_node: number, counters: readonly number[], values: readonly bigint[]): Promise<void> {
    for (const [at, counter] of counters.entries())
      this.#setRaw(counter, { counter, value: values[at] as bigint, missingSince: undefined });
  }

  async setMissing(_node: number, counters: readonly number[], since: number): Promise<void> {
    for (const counter of counters) {
      const { raw } = this.#counter(counter);
      if (raw !== undefined) this.#setRaw(counter, { ...raw, missingSince: since });
    }
  }

  async forgetRaws(node: number, counters: readonly number[] | "all"): Promise<void> {
    const chosen = counters === "all" ? this.#of(node).map(({ stored }) => stored.id) : counters;
    for (const counter of chosen) this.#setRaw(counter, undefined);
  }

  async raiseUsage(_node: number, revision: number, { quarter, counters, bytes }: UsageColumns): Promise<number> {
    let raised = 0;
    counters.forEach((id, at) => {
      const { usage } = this.#counter(id);
      const to = bytes[at] as bigint;
      if ((usage.get(quarter)?.bytes ?? 0n) >= to) return;
      this.#changes.set(usage, quarter, { bytes: to, revision });
      raised++;
    });
    return raised;
  }

  async addUsage(_node: number, revision: number, { quarter, counters, bytes }: UsageColumns): Promise<void> {
    counters.forEach((id, at) => {
      const { usage } = this.#counter(id);
      this.#changes.set(usage, quarter, { bytes: (usage.get(quarter)?.bytes ?? 0n) + (bytes[at] as bigint), revision });
    });
  }

  async sums(choice: CounterChoice, { of, from, to }: SummedRows, take: (sums: CounterSums) => void): Promise<void> {
    const sums = { nodes: [] as number[], counters: [] as number[], bytes: [] as bigint[] };
    for (const { stored, usage, packed, months } of this.#chosen(choice)) {
      const add = (at: number, bytes: bigint): void => {
        if (at < from || at >= to) return;
        sums.nodes.push(stored.node);
        sums.counters.push(stored.id);
        sums.bytes.push(bytes);
      };
      if (of === "quarters") for (const [quarter, { bytes }] of usage) add(quarter, bytes);
      if (of === "days") for (const [day, { total }] of packed) add(day, total);
      if (of === "months") for (const [month, total] of months) add(month, total);
    }
    take(sums);
  }

  async packedParts(choice: CounterChoice, day: number): Promise<PackedParts> {
    return joinParts(await this.packed(choice, day));
  }

  async packed(choice: CounterChoice, day: number): Promise<readonly (PackedDay & { readonly node: number })[]> {
    const rows = this.#chosen(choice).flatMap(({ stored: { node }, packed }) => {
      const row = packed.get(day);
      return row === undefined ? [] : { ...row, node };
    });
    return rows.sort((a, b) => a.node - b.node || a.counter - b.counter);
  }

  async usageOf(_node: number, quarter: number, counters: readonly number[]): Promise<readonly bigint[]> {
    return counters.map((id) => this.#counter(id).usage.get(quarter)?.bytes ?? 0n);
  }

  async extent(): Promise<{ readonly from: number; readonly to: number } | undefined> {
    let extent: { from: number; to: number } | undefined;
    const reach = (from: number, to: number): void => {
      extent = { from: Math.min(from, extent?.from ?? from), to: Math.max(to, extent?.to ?? to) };
    };
    for (const { usage, packed } of this.#counters) {
      for (const quarter of usage.keys()) reach(quarter, quarter + 1);
      for (const day of packed.keys()) reach(day * quartersOfDay, (day + 1) * quartersOfDay);
    }
    return extent;
  }

  async quarters(node: number): Promise<readonly { readonly quarter: number; readonly revision: number }[]> {
    const rows = this.#of(node).flatMap(({ usage }) =>
      Array.from(usage, ([at, { revision }]) => [at, revision] as const),
    );
    return highest(rows).map(([quarter, revision]) => ({ quarter, revision }));
  }

  async packedDays(node: number): Promise<readonly { readonly day: number; readonly revision: number }[]> {
    const rows = this.#of(node).flatMap(({ packed }) =>
      Array.from(packed, ([at, { revision }]) => [at, revision] as const),
    );
    return highest(rows).map(([day, revision]) => ({ day, revision }));
  }

  async changedUsage(
    node: number,
    quarter: number,
    range: { readonly since: number; readonly upTo: number; readonly after: number; readonly limit: number },
  ): Promise<readonly ChangedUsage[]> {
    const rows = this.#of(node).flatMap(({ stored, usage }) => {
      const row = usage.get(quarter);
      if (row === undefined || row.revision <= range.since || row.revision > range.upTo) return [];
      return stored.id > range.after ? { quarter, counter: stored.id, bytes: row.bytes } : [];
    });
    return rows.slice(0, range.limit);
  }

  async unpacked(
    node: number,
    day: number,
    first: number,
    last: number,
  ): Promise<readonly (ChangedUsage & { readonly revision: number })[]> {
    return this.#of(node)
      .filter(({ stored }) => stored.id >= first && stored.id <= last)
      .flatMap(({ stored, usage }) =>
        Array.from(usage, ([quarter, row]) => ({ ...row, quarter, counter: stored.id })).filter(
          ({ quarter }) => Math.floor(quarter / quartersOfDay) === day,
        ),
      );
  }

  async pack(
    node: number,
    day: number,
    { first, last }: { readonly first: number; readonly last: number },
    rows: readonly PackedDay[],
    added: { readonly month: number; readonly counters: readonly number[]; readonly bytes: readonly bigint[] },
  ): Promise<void> {
    for (const row of rows) this.#changes.set(this.#counter(row.counter).packed, day, row);
    added.counters.forEach((id, at) => {
      const { months } = this.#counter(id);
      this.#changes.set(months, added.month, (months.get(added.month) ?? 0n) + (added.bytes[at] as bigint));
    });
    for (const { quarter, counter } of await this.unpacked(node, day, first, last)) {
      this.#changes.delete(this.#counter(counter).usage, quarter);
    }
  }

  async entries({ nodes, kinds, from, to, since }: EntryChoice): Promise<readonly StoredEntry[]> {
    return [...this.#entries.values()]
      .filter((entry) => nodes === undefined || nodes.includes(entry.node))
      .filter((entry) => kinds === undefined || kinds.includes(entry.kind))
      .filter((entry) => (from === undefined || entry.to >= from) && (to === undefined || entry.from <= to))
      .filter((entry) => since === undefined || entry.revision > since)
      .map(({ revision: _, ...entry }) => entry)
      .sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  }

  async addEntries(revision: number, entries: readonly StoredEntry[]): Promise<number> {
    const fresh = entries.filter(({ id }) => !this.#entries.has(id));
    for (const entry of fresh) this.#changes.set(this.#entries, entry.id, { ...entry, revision });
    return fresh.length;
  }

  async rewriteEntry(_node: number, id: string, body: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#changes.set(this.#entries, id, { ...entry, body });
  }

  async addReceipt(node: number, receipt: Receipt): Promise<number | undefined> {
    const { receipts } = this.#node(node);
    for (const [key, { until }] of receipts)
      if (until !== undefined && until < receipt.at) this.#changes.delete(receipts, key);
    const key = JSON.stringify([receipt.source, receipt.key]);
    const before = receipts.get(key);
    this.#changes.set(receipts, key, receipt);
    return before?.at;
  }

  #node(id: number): KeptNode {
    return this.#nodes[id - 1] as KeptNode;
  }

  #counter(id: number): KeptCounter {
    return this.#counters[id - 1] as KeptCounter;
  }

  #of(node: number): KeptCounter[] {
    return this.#counters.filter(({ stored }) => stored.node === node);
  }

  #chosen(choice: CounterChoice): KeptCounter[] {
    if ("counters" in choice) return choice.counters.map((id) => this.#counter(id));
    const { nodes } = choice;
    return nodes === "all" ? [...this.#counters] : this.#counters.filter(({ stored }) => nodes.includes(stored.node));
  }

  #made(ledger: string, name: string, state: StoredNode["state"]): StoredNode {
    const found = this.#nodes.find(({ stored }) => stored.ledger === ledger && stored.name === name);
    if (found !== undefined) return found.stored;
    const id = this.#nodes.length + 1;
    const stored = { id, ledger, name, state, revision: 0, names: 0, token: 0, heartbeat: 0 };
    const node = { stored: { ...stored, holder: undefined, base: undefined }, sessions: [] };
    this.#nodes.push({ ...node, held: new Map(), receipts: new Map() });
    this.#changes.add(() => this.#nodes.pop());
    return node.stored;
  }

  #namesChanged(id: number): void {
    const node = this.#node(id);
    this.#changes.assign(node, "stored", { ...node.stored, names: node.stored.names + 1 });
  }

  #setRaw(counter: number, raw: StoredRaw | undefined): void {
    this.#changes.assign(this.#counter(counter), "raw", raw);
  }
}

/** The highest revision of each time, by time. */
function highest(rows: readonly (readonly [at: number, revision: number])[]): [at: number, revision: number][] {
  const found = new Map<number, number>();
  for (const [at, revision] of rows) found.set(at, Math.max(revision, found.get(at) ?? 0));
  return [...found].sort(([a], [b]) => a - b);
}
