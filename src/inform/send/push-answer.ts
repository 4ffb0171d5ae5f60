import * as v from "valibot";
import type { LedgerHeld } from "../../ledger/exchange/changes.ts";
import { parseHeldJson } from "../../ledger/exchange/changes-json.ts";

/** What a hub says became of a body. */
export interface PushAnswer {
  readonly nodes: readonly AnsweredNode[];
  /** What it holds now of the nodes that came. */
  readonly held: LedgerHeld;
}

/** What became of one node's changes. */
export interface AnsweredNode {
  readonly ledger: string;
  readonly node: string;
  /** Why nothing of it was taken; null where it was. */
  readonly refused: string | null;
  /** What was left out, and why. */
  readonly left: readonly { readonly reason: string }[];
  /** How many that are, where not all of them are listed. */
  readonly leftCount?: number | undefined;
}

// Of what we do not look at nothing is asked, so that a hub of another release may say more or less.
const schema = v.object({
  nodes: v.array(
    v.object({
      ledger: v.string(),
      node: v.string(),
      refused: v.optional(v.nullable(v.string()), null),
      left: v.optional(v.array(v.object({ reason: v.string() })), []),
      leftCount: v.optional(v.number()),
    }),
  ),
  held: v.unknown(),
});

/** Reads a hub's answer; `undefined` where it is none. */
export function parsePushAnswer(json: unknown): PushAnswer | undefined {
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) return undefined;
  try {
    return { nodes: parsed.output.nodes, held: parseHeldJson(parsed.output.held) };
  } catch {
    return undefined;
  }
}
