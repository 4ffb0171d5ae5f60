import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { quartersOfDay, unpackParts } from "../../src/ledger/day-parts.ts";
import type { ChangeCursor, LedgerChanges, MergeOptions, MergeResult } from "../../src/ledger/exchange/changes.ts";
import { changesJson, parseChangesJson } from "../../src/ledger/exchange/changes-json.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerStore } from "../../src/ledger/store.ts";

/** Books bytes as a writer of its own session does: each call is one revision of the node. */
export class QuarterWriter {
  readonly #store: LedgerStore;
  readonly #sessions = new Map<number, string>();

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  async book(node: string, counter: string, quarter: number, bytes: bigint): Promise<void> {
    await this.#store.write(async (tx) => {
      const { id, revision: before } = await tx.ownNode(node);
      const known = (await tx.counters(id)).find(({ name }) => name === counter);
      const [added] = known ? [known.id] : await tx.addCounters(id, [{ source: "core", name: counter, generation: 0 }]);
      const revision = before + 1;
      const session = this.#sessions.get(id) ?? randomUUID();
      if (!this.#sessions.has(id)) await tx.addSession(id, { revision, id: session });
      this.#sessions.set(id, session);
      await tx.addUsage(id, revision, { quarter, counters: [added as number], bytes: [bytes] });
      await tx.changeNode(id, { revision });
    });
  }
}

/** Every byte in a ledger by node, counter and quarter, of all ledgers it has rows of. */
export async function bytesIn(store: LedgerStore): Promise<Map<string, bigint>> {
  return store.read(async (tx) => {
    const found = new Map<string, bigint>();
    for (const { id: node, name } of await tx.nodes()) {
      const names = new Map((await tx.counters(node)).map((counter) => [counter.id, counter.name]));
      const add = (counter: number, quarter: number, bytes: bigint): void => {
        const key = `${name} ${names.get(counter)} ${quarter}`;
        found.set(key, (found.get(key) ?? 0n) + bytes);
      };
      for (const { quarter } of await tx.quarters(node)) {
        const all = { since: 0, upTo: Number.MAX_SAFE_INTEGER, after: 0, limit: 1_000_000 };
        for (const { counter, bytes } of await tx.changedUsage(node, quarter, all)) add(counter, quarter, bytes);
      }
      for (const { day } of await tx.packedDays(node))
        for (const { counter, parts } of await tx.packed({ nodes: [node] }, day))
          for (const [part, bytes] of unpackParts(parts)) add(counter, day * quartersOfDay + part, bytes);
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** All revisions there are: they stand still where nothing was new. */
export async function revisionsIn(store: LedgerStore): Promise<number[]> {
  return store.read(async (tx) => (await tx.nodes()).map(({ revision }) => revision));
}

/** What happens to the messages of an exchange. */
export interface Weather {
  /** Whether the next message arrives. */
  arrives(): boolean;
  /** Whether its answer does. */
  answered(): boolean;
  /** Whether the sender goes on as if a lost message had come. */
  readonly careless: boolean;
}

/** Sends what a receiver does not hold, as an agent does: until it is done, or something was lost. */
export async function push(
  from: Ledger,
  to: Ledger,
  options: { readonly limit?: number; readonly weather?: Weather; readonly merge?: MergeOptions } = {},
): Promise<{ readonly done: boolean; readonly sent: LedgerChanges[]; readonly results: MergeResult[] }> {
  const { limit = 10_000, weather, merge } = options;
  let { since }: { since: ChangeCursor } = await from.reconcile(await to.held(await from.id()));
  const sent: LedgerChanges[] = [];
  const results: MergeResult[] = [];
  for (;;) {
    const changes = await from.changes({ since, limit });
    sent.push(changes);
    assert.ok(sent.length < 300, `an exchange without end: ${JSON.stringify(results.slice(-2))}`);
    if (weather?.arrives() === false) {
      if (!weather.careless || changes.complete) return { done: false, sent, results };
      since = changes.cursor;
      continue;
    }
    // As it goes over the wire.
    const result = await to.merge(parseChangesJson(JSON.parse(JSON.stringify(changesJson(changes)))), merge);
    results.push(result);
    if (weather?.answered() === false) return { done: false, sent, results };
    ({ since } = await from.reconcile(result.held, { since: changes.cursor }));
    if (changes.complete) return { done: true, sent, results };
  }
}
