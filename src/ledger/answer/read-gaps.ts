import type { GapQuery, LedgerGap } from "../../usage/ledger-gap.ts";
import type { LateNote } from "../../usage/usage-answer.ts";
import { gapFrom } from "../gap.ts";
import type { LedgerRead, StoredNode } from "../store.ts";
import { type AnswerWindow, askedNodes, type Corrections, readCorrections } from "./read-corrections.ts";

/** Gaps, settled ones too, and late notes of nodes, by the beginnings of their windows. */
export async function readNotes(
  tx: LedgerRead,
  nodes: readonly StoredNode[],
  { nodeOf, settlements }: Corrections,
  { from, to, asOf }: AnswerWindow,
): Promise<{ readonly gaps: LedgerGap[]; readonly late: LateNote[] }> {
  const shown = new Map(nodes.map(({ id, name }) => [id, nodeOf(name)]));
  const gaps: LedgerGap[] = [];
  const late: LateNote[] = [];
  for (const entry of await tx.entries({ kinds: ["gap", "late"], from, to })) {
    const node = shown.get(entry.node);
    if (node === undefined || (asOf !== undefined && entry.at > asOf)) continue;
    if (entry.kind === "gap") gaps.push(gapFrom(entry, node, settlements.get(entry.id)));
    else late.push({ node, from: new Date(entry.from), to: new Date(entry.to) });
  }
  return { gaps, late };
}

/** The gaps that are asked for, by their beginnings. */
export async function readGaps(tx: LedgerRead, { from, to, node, which, asOf }: GapQuery): Promise<LedgerGap[]> {
  const window = { from: from?.getTime(), to: to?.getTime(), asOf: asOf?.getTime() };
  const corrections = await readCorrections(tx, window);
  const nodes = await askedNodes(tx, corrections, node);
  const { gaps } = await readNotes(tx, nodes, corrections, window);
  return which === "all" ? gaps : gaps.filter(({ settled }) => settled === undefined);
}
