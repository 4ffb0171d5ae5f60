import { allTime, assertSigned, assertText, type Book, type Signed, writeCorrection } from "./corrections.ts";
import { LedgerError } from "./ledger-error.ts";

/** Rows that are to be in no answer any more, see `Ledger.retract`. */
export interface Retraction extends Signed {
  /** The id of the ledger that recorded them. */
  readonly ledger: string;
  /** Those of one of its nodes. @defaultValue all of it */
  readonly node?: string | undefined;
}

/** What an entry of kind `retract` says. */
export type RetractBody = Retraction;

/** Writes that a ledger's rows are in no answer. @returns The entry's id. */
export async function retract(book: Book, { ledger, node, reason, author }: Retraction): Promise<string> {
  assertText(ledger, "a ledger's id");
  if (node !== undefined) assertText(node, "a node's name");
  assertSigned({ reason, author });
  const nodes = await book.store.read((tx) => tx.nodes());
  const theirs = nodes.filter((each) => each.ledger === ledger);
  if (!theirs.some(({ name }) => node === undefined || name === node)) {
    const what = theirs.length === 0 ? "a ledger of the id" : `a node ${JSON.stringify(node)} of the ledger`;
    throw new LedgerError("unknown-ledger", `nothing came from ${what} ${JSON.stringify(ledger)}`, {
      advice: "Ask for the nodes: each has the id of its ledger.",
    });
  }
  const body: RetractBody = { ledger, node, reason, author };
  return writeCorrection(book, { kind: "retract", ...allTime, body });
}
