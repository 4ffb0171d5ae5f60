import { randomUUID } from "node:crypto";
import { LedgerError } from "../ledger-error.ts";
import type {
  CounterSum,
  LedgerStore,
  LedgerWrite,
  NewCounter,
  NodeChange,
  StoredCounter,
  StoredEntry,
  StoredNode,
  UsageColumns,
} from "../store.ts";

/** A ledger that ends with the process: for tests, and for who only wants the accounting. */
export function openMemoryStore(): LedgerStore {
  return new MemoryStore();
}

interface KeptCounter {
  readonly node: number;
  stored: StoredCounter;
  readonly usage: Map<number, bigint>;
}

class MemoryStore implements LedgerStore {
  readonly ledgerId = randomUUID();
  readonly #transaction = new MemoryTransaction();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  async write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw new LedgerError("closed", "the ledger was closed", { advice: "Open a new one." });
    const turn = this.#last.then(async () => {
      try {
        const result = await work(this.#transaction);
        this.#transaction.commit();
        return result;
      } catch (error) {
        this.#transaction.rollBack();
        throw error;
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  read<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    return this.write(work);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}

class MemoryTransaction implements LedgerWrite {
  readonly #nodes: StoredNode[] = [];
  readonly #counters: KeptCounter[] = [];
  readonly #entries: StoredEntry[] = [];
  /** What takes the running transaction back, the last change last. */
  #undo: (() => void)[] = [];

  commit(): void {
    this.#undo = [];
  }

  rollBack(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo = [];
  }

  async nodes(): Promise<readonly StoredNode[]> {
    return [...this.#nodes];
  }

  async node(name: string): Promise<StoredNode> {
    const found = this.#nodes.find((node) => node.name === name);
    if (found !== undefined) return found;
    const id = this.#nodes.length + 1;
    const node = { id, name, revision: 0, token: 0, holder: undefined, heartbeat: 0, base: undefined };
    this.#nodes.push(node);
    this.#undo.push(() => this.#nodes.pop());
    return node;
  }

  async changeNode(id: number, change: NodeChange): Promise<void> {
    const before = this.#nodes[id - 1] as StoredNode;
    this.#nodes[id - 1] = { ...before, ...change } as StoredNode;
    this.#undo.push(() => {
      this.#nodes[id - 1] = before;
    });
  }

  async counters(node: number): Promise<readonly StoredCounter[]> {
    return this.#counters.filter((each) => each.node === node).map(({ stored }) => stored);
  }

  async addCounters(node: number, counters: readonly NewCounter[]): Promise<readonly number[]> {
    return counters.map((counter) => {
      const id = this.#counters.length + 1;
      this.#counters.push({
        node,
        stored: { ...counter, id, raw: undefined, missingSince: undefined },
        usage: new Map(),
      });
      this.#undo.push(() => this.#counters.pop());
      return id;
    });
  }

  async setRaws(_node: number, counters: readonly number[], raws: readonly bigint[]): Promise<void> {
    for (const [index, id] of counters.entries()) this.#change(id, { raw: raws[index], missingSince: undefined });
  }

  async forgetRaws(node: number): Promise<void> {
    for (const { stored } of this.#counters.filter((each) => each.node === node))
      this.#change(stored.id, { raw: undefined, missingSince: undefined });
  }

  async setMissing(_node: number, counters: readonly number[], since: number): Promise<void> {
    for (const id of counters) this.#change(id, { missingSince: since });
  }

  async addUsage(_revision: number, { quarter, counters, bytes }: UsageColumns): Promise<void> {
    counters.forEach((id, index) => {
      const { usage } = this.#counters[id - 1] as KeptCounter;
      const before = usage.get(quarter);
      usage.set(quarter, (before ?? 0n) + (bytes[index] as bigint));
      this.#undo.push(() => (before === undefined ? usage.delete(quarter) : usage.set(quarter, before)));
    });
  }

  async addEntries(_revision: number, entries: readonly StoredEntry[]): Promise<void> {
    const { length } = this.#entries;
    this.#entries.push(...entries);
    this.#undo.push(() => this.#entries.splice(length));
  }

  async sums(from: number, to: number, counters: readonly number[] | "all"): Promise<readonly CounterSum[]> {
    const chosen = counters === "all" ? this.#counters : counters.map((id) => this.#counters[id - 1] as KeptCounter);
    return chosen.flatMap(({ stored, usage }) => {
      const inside = [...usage].filter(([quarter]) => quarter >= from && quarter < to);
      if (inside.length === 0) return [];
      return { counter: stored.id, bytes: inside.reduce((sum, [, bytes]) => sum + bytes, 0n) };
    });
  }

  async entries(from: number, to: number): Promise<readonly StoredEntry[]> {
    return this.#entries
      .filter((entry) => entry.to >= from && entry.from <= to)
      .sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  }

  async extent(): Promise<{ readonly first: number; readonly last: number } | undefined> {
    let extent: { first: number; last: number } | undefined;
    for (const { usage } of this.#counters) {
      for (const quarter of usage.keys()) {
        extent ??= { first: quarter, last: quarter };
        extent.first = Math.min(extent.first, quarter);
        extent.last = Math.max(extent.last, quarter);
      }
    }
    return extent;
  }

  #change(id: number, change: Pick<StoredCounter, "missingSince"> & Partial<Pick<StoredCounter, "raw">>): void {
    const counter = this.#counters[id - 1] as KeptCounter;
    const before = counter.stored;
    counter.stored = { ...before, ...change };
    this.#undo.push(() => {
      counter.stored = before;
    });
  }
}
