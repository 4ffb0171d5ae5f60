import { randomUUID } from "node:crypto";
import { formatStatName } from "../names/format-stat-name.ts";
import { assertSigned, assertText, type Book, nextRevision, type Signed } from "./corrections.ts";
import { userOf } from "./erased-names.ts";
import { moveBases } from "./move-bases.ts";
import type { LedgerWrite, NewCounter } from "./store.ts";

/** A user who begins anew, see `Ledger.newGeneration`. */
export interface GenerationStart extends Signed {
  /** Whose counters begin anew. */
  readonly user: string;
  /** Where. @defaultValue every node that this ledger records */
  readonly node?: string | undefined;
}

/** A user's counters began anew on a node. */
export interface StartedGeneration {
  /** The entry's id. */
  readonly id: string;
  /** On which node. */
  readonly node: string;
  /** What is booked from here on has this generation; what was booked before has a lower one. */
  readonly generation: number;
}

/** What an entry of kind `generation` says. */
export interface GenerationBody extends Signed {
  readonly user: string;
  /** The new generation, by source. */
  readonly generations: readonly (readonly [source: string, generation: number])[];
}

/** Lets a user's counters begin anew, node by node. */
export async function newGeneration(book: Book, start: GenerationStart): Promise<StartedGeneration[]> {
  const { user, node, reason, author } = start;
  assertText(user, "a user's name");
  if (node !== undefined) assertText(node, "a node's name");
  assertSigned({ reason, author });
  const nodes = await book.store.read(async (tx) => {
    const found: string[] = [];
    for (const { id, name, state } of await tx.nodes()) {
      if (state !== "own" || (node !== undefined && name !== node)) continue;
      if ((await tx.counters(id)).some((counter) => userOf(counter.name) === user)) found.push(name);
    }
    return found;
  });
  const started: StartedGeneration[] = [];
  for (const name of nodes) {
    const id = randomUUID();
    const at = Date.now();
    const generation = await book.store.write(async (tx) => {
      const stored = await tx.ownNode(name);
      const added = await addGeneration(tx, stored.id, user);
      if (added === undefined) return undefined;
      const body: GenerationBody = {
        user,
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

/** Adds a successor for each counter of a user, and lets it go on where that one stood; nothing where there is none. */
async function addGeneration(
  tx: LedgerWrite,
  node: number,
  user: string,
): Promise<{ readonly generation: number; readonly sources: readonly string[] } | undefined> {
  const counters = (await tx.counters(node)).filter(({ name }) => userOf(name) === user);
  if (counters.length === 0) return undefined;
  const generation = Math.max(...counters.map((counter) => counter.generation)) + 1;
  const sources = [...new Set(counters.map(({ source }) => source))];
  // In both directions: one that has not been seen yet belongs to the new generation as well.
  const successors: NewCounter[] = sources.flatMap((source) =>
    (["uplink", "downlink"] as const).map((direction) => {
      return { source, name: formatStatName({ kind: "traffic", scope: "user", subject: user, direction }), generation };
    }),
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
