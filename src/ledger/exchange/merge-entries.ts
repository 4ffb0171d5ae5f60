import { createHash } from "node:crypto";
import { counterKey } from "../counter-key.ts";
import { type ErasedNames, erasedNames } from "../erased-names.ts";
import { quarterMs } from "../quarter.ts";
import type { LedgerRead, LedgerWrite, StoredNode } from "../store.ts";
import type { ChangedEntry, LeftOut, MergeOptions } from "./changes.ts";
import { isEntryBody } from "./entry-body.ts";
import type { AsideRow } from "./merge-rows.ts";

/** What is erased in this ledger, read where something asks. */
export function erasuresOf(tx: LedgerRead): () => Promise<ErasedNames> {
  let found: Promise<ErasedNames> | undefined;
  return () => {
    found ??= readErasures(tx);
    return found;
  };
}

async function readErasures(tx: LedgerRead): Promise<ErasedNames> {
  // Tombstones are about no node.
  const nodes = (await tx.nodesNamed([""])).map(({ id }) => id);
  return erasedNames(nodes.length === 0 ? [] : await tx.entries({ nodes, kinds: ["erase"] }));
}

/** Which entries a sender may bring, and what is wrong with the others. */
export function chooseEntries(
  entries: readonly ChangedEntry[],
  { allow }: MergeOptions,
): { readonly wanted: readonly ChangedEntry[]; readonly left: readonly LeftOut[] } {
  const wanted: ChangedEntry[] = [];
  const left: LeftOut[] = [];
  for (const entry of entries)
    if (allow !== undefined && !allow.entries.includes(entry.kind))
      left.push({ item: entry.id, reason: "not-allowed" });
    else if (!isEntryBody(entry)) left.push({ item: entry.id, reason: "malformed" });
    else wanted.push(entry);
  return { wanted, left };
}

/** Adds entries that are not known, without the names that are erased here. @returns How many that were. */
export async function addChangedEntries(
  tx: LedgerWrite,
  node: number,
  revision: number,
  entries: readonly ChangedEntry[],
  erased: () => Promise<ErasedNames> = erasuresOf(tx),
): Promise<number> {
  if (entries.length === 0) return 0;
  const names = await erased();
  return tx.addEntries(
    revision,
    entries.map(({ id, kind, at, from, to, body }) => {
      return { id, node, kind, at, from, to, body: names.body({ kind, at, body }) ?? body };
    }),
  );
}

/**
 * A row above the line rate, for a look: not booked. The same row comes again and again while it grows: kept is one for
 * each power of two.
 */
export function asideEntry({ ledger, name }: StoredNode, { counter, quarter, bytes }: AsideRow): ChangedEntry {
  const row = { ...counter, quarter, bytes: bytes.toString() };
  const key = [ledger, name, counterKey(counter), quarter, bytes.toString(2).length];
  const id = `aside-${createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 40)}`;
  const from = quarter * quarterMs;
  return { id, kind: "aside", at: Date.now(), from, to: from + quarterMs, body: JSON.stringify(row) };
}
