import type { ChangeCursor } from "../../ledger/exchange/changes.ts";

/** One text for what tells a node from others. */
export function keyOf(ledger: string, node: string): string {
  return JSON.stringify([ledger, node]);
}

/** The nodes of which less is held than before. */
export function rewoundNodes(since: ChangeCursor, before: ChangeCursor): string[] {
  const revisions = new Map(before.nodes.map((each) => [keyOf(each.ledger, each.node), each.revision]));
  const keys = since.nodes.map(({ ledger, node, revision }) => [keyOf(ledger, node), revision] as const);
  return keys.filter(([key, revision]) => revision < (revisions.get(key) ?? 0)).map(([key]) => key);
}

/** What a hub refuses is not sent to its end. Where it takes the node one day, it says that it holds nothing. */
export function withoutRefused(
  since: ChangeCursor,
  upTo: ReadonlyMap<string, number>,
  refused: ReadonlySet<string>,
): ChangeCursor {
  const nodes = since.nodes.map((each) => {
    const key = keyOf(each.ledger, each.node);
    const revision = upTo.get(key);
    if (revision === undefined || !refused.has(key)) return each;
    return { ledger: each.ledger, node: each.node, revision };
  });
  return { ...since, nodes };
}
