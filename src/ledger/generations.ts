import { randomUUID } from "node:crypto";
import type { Scope } from "../names/stat-name.ts";
import { assertSigned, assertText, type Book, nextRevision, type Signed } from "./corrections.ts";
import { type CounterOwner, countersOf, type OwnerName, readOwner } from "./counter-owner.ts";
import { moveBases } from "./move-bases.ts";
import type { LedgerWrite, NewCounter } from "./store.ts";

/** Who says that counters begin anew, and where. */
export interface GenerationWords extends Signed {
  /** Where. @defaultValue every node that this ledger records */
  readonly node?: string | undefined;
}

/** Counters that begin anew, see `Ledger.newGeneration`: of a user, or of a subject of another scope. */
export type GenerationStart = GenerationWords & CounterOwner;

/** Counters began anew on a node. */
export interface StartedGeneration {
  /** The entry's id. */
  readonly id: string;
  /** On which node. */
  readonly node: string;
  /** What is booked from here on has this generation; what was booked before has a lower one. */
  readonly generation: number;
}

/** Which generations are asked for, see `Ledger.generations`. */
export interface GenerationQuery {
  /** One node alone, by its own name or the one it is shown by. */
  readonly node?: string | undefined;
  /** Whose counters. @defaultValue those of every scope */
  readonly scope?: Scope | undefined;
  /** One user or tag alone, as its counters have it. */
  readonly subject?: string | undefined;
}

/** A generation that was begun. */
export interface BegunGeneration extends StartedGeneration, Signed {
  /** Whose counters they are. */
  readonly scope: Scope;
  /** The user's name or the tag, as the counters have it. */
  readonly subject: string;
  /** When it began. */
  readonly at: Date;
}

/** What an entry of kind `generation` says. */
export interface GenerationBody extends Signed, OwnerName {
  /** The new generation, by source; one for all of them. */
  readonly generations: readonly (readonly [source: string, generation: number])[];
}

/** The number of a generation: what it has in the source where it is the highest. */
export function highestOf(generations: GenerationBody["generations"]): number {
  // From another ledger they may be more than a call takes arguments.
  return generations.reduce((highest, [, each]) => Math.max(highest, each), 0);
}

/** Lets counters begin anew, node by node. */
export async function newGeneration(book: Book, start: GenerationStart): Promise<StartedGeneration[]> {
  const { node, reason, author } = start;
  const owner = readOwner(start, "a generation");
  if (node !== undefined) assertText(node, "a node's name");
  assertSigned({ reason, author });
  const nodes = await book.store.read(async (tx) => {
    const found: string[] = [];
    for (const { id, name, state } of await tx.nodes()) {
      if (state !== "own" || (node !== undefined && name !== node)) continue;
      if ((await tx.countersNamed(id, countersOf(owner))).length > 0) found.push(name);
    }
    return found;
  });
  const started: StartedGeneration[] = [];
  for (const name of nodes) {
    const id = randomUUID();
    const at = Date.now();
    const generation = await book.store.write(async (tx) => {
      const stored = await tx.ownNode(name);
      // It was moved meanwhile: what is added here now, nobody would hear of.
      const added = stored.state === "own" ? await addGeneration(tx, stored.id, owner) : undefined;
      if (added === undefined) return undefined;
      const body: GenerationBody = {
        ...owner,
        generations: added.sources.map((each) => [each, added.generation]),
        reason,
        author,
      };
      const entry = { id, node: stored.id, kind: "generation", at, from: at, to: at, body: JSON.stringify(body) };
      await tx.addEntries(await nextRevision(tx, stored, book.session), [entry]);
      return added.generation;
    });
    if (generation !== undefined) started.push({ id, node: name, generation });
  }
  return started;
}

/** Adds a successor for each counter of an owner, and lets it go on where that one stood; nothing where there is none. */
async function addGeneration(
  tx: LedgerWrite,
  node: number,
  owner: OwnerName,
): Promise<{ readonly generation: number; readonly sources: readonly string[] } | undefined> {
  const counters = await tx.countersNamed(node, countersOf(owner));
  if (counters.length === 0) return undefined;
  const generation = Math.max(...counters.map((counter) => counter.generation)) + 1;
  const sources = [...new Set(counters.map(({ source }) => source))];
  // In both directions: one that has not been seen yet belongs to the new generation as well.
  const successors: NewCounter[] = sources.flatMap((source) =>
    countersOf(owner).map((name) => ({ source, name, generation })),
  );
  const ids = await tx.addCounters(node, successors);
  const keyOf = ({ source, name }: NewCounter): string => JSON.stringify([source, name]);
  const successorOf = new Map(successors.map((each, at) => [keyOf(each), ids[at] as number]));
  await moveBases(
    tx,
    node,
    counters.map((counter) => ({ from: counter.id, to: successorOf.get(keyOf(counter)) as number })),
  );
  return { generation, sources };
}
