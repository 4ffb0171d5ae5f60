import { counterKey } from "../counter-key.ts";
import { type ErasedNames, idsOnceErased, isErased, nameOnceErased } from "../erased-names.ts";
import type { LedgerWrite, NewCounter, StoredNode } from "../store.ts";

/** What finding ids needs beside the store. */
export interface IdSources {
  /** Ids that are known of the node, by key. */
  readonly known: Map<string, number>;
  readonly erased: () => Promise<ErasedNames>;
}

/** A counter, and its places among those that came. */
interface Incoming {
  readonly counter: NewCounter;
  readonly places: number[];
}

/** The ids here of counters that came, by their places in the list; missing ones are added. */
export async function incomingIds(
  tx: LedgerWrite,
  node: StoredNode,
  { known, erased }: IdSources,
  counters: readonly NewCounter[],
  places: Iterable<number>,
): Promise<ReadonlyMap<number, number>> {
  const ids = new Map<number, number>();
  const asked = new Map<string, Incoming>();
  for (const place of places) {
    const counter = counters[place] as NewCounter;
    const key = counterKey(counter);
    const id = known.get(key);
    if (id !== undefined) ids.set(place, id);
    else addPlaces(asked, key, counter, [place]);
  }
  const take = (incoming: Map<string, Incoming>, key: string, id: number): void => {
    for (const place of incoming.get(key)?.places ?? []) ids.set(place, id);
    incoming.delete(key);
  };
  if (asked.size === 0) return ids;
  const found = await idsOf(tx, node, asked);
  for (const [at, key] of [...asked.keys()].entries()) {
    const id = found[at];
    if (id === undefined) continue;
    known.set(key, id);
    take(asked, key, id);
  }
  if (asked.size === 0) return ids;
  const fresh = await namedAsHere(node, asked.values(), erased);
  for (const [key, id] of await twinIds(tx, node, fresh)) take(fresh, key, id);
  if (fresh.size === 0) return ids;
  const added = await tx.addCounters(
    node.id,
    Array.from(fresh.values(), ({ counter }) => counter),
  );
  for (const [at, key] of [...fresh.keys()].entries()) take(fresh, key, added[at] as number);
  return ids;
}

/** Their ids; of a node that has no counters there are none. */
async function idsOf(
  tx: LedgerWrite,
  node: StoredNode,
  incoming: ReadonlyMap<string, Incoming>,
): Promise<readonly (number | undefined)[]> {
  if (node.names === 0) return [];
  return tx.counterIds(
    node.id,
    Array.from(incoming.values(), ({ counter }) => counter),
  );
}

function addPlaces(all: Map<string, Incoming>, key: string, counter: NewCounter, places: readonly number[]): void {
  const before = all.get(key);
  if (before === undefined) all.set(key, { counter, places: [...places] });
  else before.places.push(...places);
}

/** Counters under the names by which they are kept here: erased users stay erased. */
async function namedAsHere(
  { ledger, name: node }: StoredNode,
  incoming: Iterable<Incoming>,
  erased: () => Promise<ErasedNames>,
): Promise<Map<string, Incoming>> {
  const names = await erased();
  const named = new Map<string, Incoming>();
  for (const { counter, places } of incoming) {
    const { source, name, generation } = counter;
    const kept = { source, name: names.counter({ ledger, node, name, generation }) ?? name, generation };
    addPlaces(named, counterKey(kept), kept, places);
  }
  return named;
}

/**
 * Counters that are kept here under their other name, since the name was erased on one side and not yet on the other:
 * as two they would be counted twice, and could never be called the same.
 */
async function twinIds(
  tx: LedgerWrite,
  node: StoredNode,
  fresh: ReadonlyMap<string, Incoming>,
): Promise<Map<string, number>> {
  const twins = new Map<string, number>();
  if (node.names === 0) return twins;
  const counters = Array.from(fresh.values(), ({ counter }) => counter);
  const erased = counters.map((counter) => ({ ...counter, name: nameOnceErased(counter.name) ?? counter.name }));
  const found = await tx.counterIds(node.id, erased);
  for (const [at, key] of [...fresh.keys()].entries()) {
    const id = found[at];
    if (id !== undefined) twins.set(key, id);
  }
  const nameless = counters.filter((counter) => isErased(counter.name) && !twins.has(counterKey(counter)));
  if (nameless.length === 0) return twins;
  const plain = idsOnceErased(await tx.counters(node.id));
  for (const counter of nameless) {
    const key = counterKey(counter);
    const id = plain.get(key);
    if (id !== undefined) twins.set(key, id);
  }
  return twins;
}
