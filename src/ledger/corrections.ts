import { randomUUID } from "node:crypto";
import type { LedgerStore, LedgerWrite, StoredNode } from "./store.ts";

/** Who corrects a ledger, and why. Both stay in it for good. */
export interface Signed {
  /** Why, for whoever reads the books: 1 to 1,000 characters. */
  readonly reason: string;
  /** Who says so: 1 to 1,000 characters. */
  readonly author: string;
}

/** A store, and what tells this opening of it from one of a copy. */
export interface Book {
  readonly store: LedgerStore;
  /** Random. */
  readonly session: string;
}

/** An entry of a person, as it is to be written. */
export interface Correction {
  readonly kind: "adjust" | "settle" | "alias" | "erase" | "retract" | "reopen";
  /** When it is written at the earliest: after what other clocks say of what it is about. @defaultValue now */
  readonly notBefore?: number;
  /** Ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly body: object;
}

/** The first and the last time there is. */
export const allTime: { readonly from: number; readonly to: number } = { from: -8.64e15, to: 8.64e15 };

/** @throws TypeError, RangeError */
export function assertSigned({ reason, author }: Signed): void {
  assertText(reason, "a reason", 1000);
  assertText(author, "an author", 1000);
}

/** @throws TypeError where it is no text; RangeError where it is empty, too long, or holds half a character. */
export function assertText(text: unknown, what: string, longest: number = Number.POSITIVE_INFINITY): void {
  if (typeof text !== "string") throw new TypeError(`${what} must be a text, not ${typeof text}`);
  if (text === "" || !text.isWellFormed()) throw new RangeError(`${what} must be a text that is not empty`);
  if (text.length > longest) throw new RangeError(`${what} must be of at most ${longest} characters`);
}

/**
 * Writes an entry about no node.
 *
 * @param check Looks at what is there, with no other correction beside it.
 * @returns The entry's id.
 */
export async function writeCorrection(
  { store, session }: Book,
  { kind, notBefore = 0, from, to, body }: Correction,
  check: (tx: LedgerWrite) => Promise<void> = async () => {},
): Promise<string> {
  const entry = { id: randomUUID(), kind, at: Math.max(Date.now(), notBefore), from, to, body: JSON.stringify(body) };
  await store.write(async (tx) => {
    const node = await tx.ownNode("");
    await check(tx);
    await tx.addEntries(await nextRevision(tx, node, session), [{ ...entry, node: node.id }]);
  });
  return entry.id;
}

/** The revision of what is written now on a node that is locked. */
export async function nextRevision(tx: LedgerWrite, node: StoredNode, session: string): Promise<number> {
  const revision = node.revision + 1;
  // Without it nobody could tell what a copy of this ledger wrote from what this one did.
  if (!(await tx.sessions(node.id)).some(({ id }) => id === session))
    await tx.addSession(node.id, { revision, id: session });
  await tx.changeNode(node.id, { revision });
  return revision;
}
