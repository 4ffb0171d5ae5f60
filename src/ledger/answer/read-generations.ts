import { type BegunGeneration, type GenerationBody, type GenerationQuery, highestOf } from "../generations.ts";
import type { LedgerRead } from "../store.ts";
import { askedNodes, readCorrections } from "./read-corrections.ts";

/** The generations that were begun and are asked for, the oldest first. */
export async function readGenerations(tx: LedgerRead, query: GenerationQuery): Promise<BegunGeneration[]> {
  const corrections = await readCorrections(tx, { from: undefined, to: undefined, asOf: undefined });
  const nodes = await askedNodes(tx, corrections, query.node);
  const shown = new Map(nodes.map(({ id, name }) => [id, corrections.nodeOf(name)]));
  const begun: BegunGeneration[] = [];
  for (const { id, node: stored, at, body } of await tx.entries({ kinds: ["generation"], nodes: [...shown.keys()] })) {
    const { scope, subject, generations, reason, author } = JSON.parse(body) as GenerationBody;
    if (scope !== (query.scope ?? scope) || subject !== (query.subject ?? subject)) continue;
    const generation = highestOf(generations);
    begun.push({ id, node: shown.get(stored) as string, scope, subject, generation, at: new Date(at), reason, author });
  }
  // Of one moment by their numbers: ids are random.
  return begun.sort((a, b) => a.at.getTime() - b.at.getTime() || a.generation - b.generation);
}
