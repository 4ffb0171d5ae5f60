import {
  allTime,
  assertSigned,
  assertText,
  type Book,
  nextRevision,
  type Signed,
  writeCorrection,
} from "./corrections.ts";
import type { CounterIds } from "./counter-ids.ts";
import { countersOf } from "./counter-owner.ts";
import {
  type EraseBody,
  type ErasedNames,
  erasedGenerations,
  erasedNames,
  firstGeneration,
  hashOfName,
  nameOf,
  pseudonymOf,
  userOf,
  usersIn,
} from "./erased-names.ts";
import { LedgerError } from "./ledger-error.ts";
import { moveBases } from "./move-bases.ts";
import type { LedgerRead, LedgerWrite, StoredCounter, StoredNode } from "./store.ts";
import { sumRange } from "./sum-range.ts";

/** A name that is to be in a ledger no more, see `Ledger.erase`. */
export interface Erasure extends Signed {
  /** The user's name as counters have it. */
  readonly user: string;
}

/** Erases a user's name: the tombstone first, then node by node what it covers. @returns The tombstone's id. */
export async function erase(book: Book, { user, reason, author }: Erasure): Promise<string> {
  assertText(user, "a user's name");
  assertSigned({ reason, author });
  const hash = hashOfName(user);
  const { tombstone, generations, notBefore } = await book.store.read((tx) => findUser(tx, user, hash));
  const body: EraseBody = { hash, generations, reason, author };
  const id = tombstone ?? (await writeCorrection(book, { kind: "erase", notBefore, ...allTime, body }));
  await applyErasures(book);
  return id;
}

interface FoundUser {
  /** The one that covers all of it, where there is one. */
  readonly tombstone: string | undefined;
  readonly generations: EraseBody["generations"];
  /** When the last entry was written that names the user. */
  readonly notBefore: number;
}

/** Where a name is. */
async function findUser(tx: LedgerRead, user: string, hash: string): Promise<FoundUser> {
  const entries = await tx.entries({});
  const tombstones = entries.filter(
    ({ kind, body }) => kind === "erase" && (JSON.parse(body) as EraseBody).hash === hash,
  );
  const newest = tombstones.toSorted((a, b) => b.at - a.at)[0];
  const erased = erasedNames(tombstones);
  const generations: (readonly [string, string, number])[] = [];
  let covered = newest !== undefined;
  for (const node of await tx.nodes()) {
    const counters = await tx.countersNamed(node.id, countersOf({ scope: "user", subject: user }));
    if (counters.length === 0) continue;
    generations.push([node.ledger, node.name, Math.max(...counters.map(({ generation }) => generation))]);
    const open = counters.filter(
      (each) => erased.counter({ ...each, ledger: node.ledger, node: node.name }) === undefined,
    );
    // One without usage is there only because the core still shows it.
    if ((await withUsage(tx, node.id, open)).size > 0) covered = false;
  }
  const named = entries.filter((entry) => usersIn(entry).has(user));
  if (named.some(({ at }) => newest === undefined || at > newest.at)) covered = false;
  if (newest === undefined && generations.length === 0 && named.length === 0)
    throw new LedgerError("unknown-user", `nothing in the ledger is about a user ${JSON.stringify(user)}`, {
      advice: "Write the name as the core's counters have it.",
    });
  // Another machine's clock may be ahead: what it wrote is before the erasure all the same.
  const notBefore = named.reduce((latest, { at }) => Math.max(latest, at), 0);
  return { tombstone: covered ? newest?.id : undefined, generations, notBefore };
}

/**
 * Does what the tombstones of a ledger say to what it holds; again does no harm.
 *
 * Every node is looked at under its lock, one after the other and each in a transaction of its own, so that none spans
 * all of them. A merge that began before the tombstone was there holds that lock, and is waited for; a later one reads
 * the tombstone under it. Together with a node only the entries about no node are ever locked, and always last.
 */
export async function applyErasures({ store, session }: Book): Promise<void> {
  // A node's first merge holds this lock: once it is free, the node is in the list, or its merge sees the tombstone.
  await store.write((tx) => tx.ownNode(""));
  const { erased, nodes } = await store.read(async (tx) => {
    return { erased: erasedNames(await tx.entries({ kinds: ["erase"] })), nodes: await tx.nodes() };
  });
  for (const { ledger, name } of nodes)
    await store.write(async (tx) => eraseOnNode(tx, await tx.nodeOf(ledger, name), erased, session));
}

async function eraseOnNode(tx: LedgerWrite, stored: StoredNode, erased: ErasedNames, session: string): Promise<void> {
  const { id: node, ledger, name, state } = stored;
  const renamed: StoredCounter[] = [];
  for (const counter of erased.on(ledger, name) ? await tx.counters(node) : []) {
    const pseudonym = erased.counter({ ...counter, ledger, node: name });
    if (pseudonym === undefined) continue;
    await tx.renameCounter(node, counter.id, pseudonym);
    renamed.push(counter);
  }
  if (state === "own" && renamed.length > 0) await addSuccessors(tx, node, renamed);
  let rewritten = 0;
  for (const entry of await tx.entries({ nodes: [node] })) {
    const body = erased.body(entry);
    if (body === undefined) continue;
    await tx.rewriteEntry(node, entry.id, body);
    rewritten++;
  }
  if (renamed.length + rewritten === 0) return;
  // A writer beside this knows counters by their old names.
  await nextRevision(tx, stored, session);
  // Whoever follows what changes learns by it that names did, though no row grew.
  if (name !== "") await nextRevision(tx, await tx.ownNode(""), session);
}

/** What the core still shows goes on under the name, from where it stood: else its old bytes would be booked again. */
async function addSuccessors(tx: LedgerWrite, node: number, renamed: readonly StoredCounter[]): Promise<void> {
  const raws = await tx.raws(
    node,
    renamed.map(({ id }) => id),
  );
  const shown = new Set(raws.map(({ counter }) => counter));
  const going = renamed.filter(({ id }) => shown.has(id));
  const generations = erasedGenerations(await tx.counters(node));
  const ids = await tx.addCounters(
    node,
    going.map(({ source, name }) => ({ source, name, generation: firstGeneration(generations, name) })),
  );
  await moveBases(
    tx,
    node,
    going.map(({ id }, at) => ({ from: id, to: ids[at] as number })),
  );
}

/**
 * Takes the names of erased users away that only stood there because the core showed them: once a core's new life shows
 * them no more, and where nothing was booked under them since.
 */
export async function forgetErased(tx: LedgerWrite, node: number, ids: CounterIds): Promise<void> {
  const { erased } = ids;
  if (erased.size === 0) return;
  const shown = new Set((await tx.raws(node)).map(({ counter }) => counter));
  const counters = (await tx.counters(node)).filter(({ name }) => firstGeneration(erased, name) > 0);
  const used = await withUsage(tx, node, counters);
  for (const [user, own] of Map.groupBy(counters, ({ name }) => userOf(name) as string)) {
    if (own.some(({ id }) => shown.has(id) || used.has(id))) continue;
    const pseudonym = pseudonymOf(hashOfName(user));
    for (const { id, name, generation } of own) {
      await tx.renameCounter(node, id, nameOf(name, pseudonym));
      ids.delete(name);
      erased.set(pseudonym, Math.max(generation, erased.get(pseudonym) ?? 0));
    }
  }
}

/** Those of these counters of a node that have usage, by id. */
async function withUsage(
  tx: LedgerRead,
  node: number,
  counters: readonly StoredCounter[],
): Promise<ReadonlySet<number>> {
  const extent = await tx.extent();
  if (counters.length === 0 || extent === undefined) return new Set();
  const ids = counters.map(({ id }) => id).sort((a, b) => a - b);
  return new Set((await sumRange(tx, { node, counters: ids }, extent.from, extent.to)).counters);
}
