import { assertSigned, assertText, type Book, type Signed, writeCorrection } from "./corrections.ts";
import { gapFrom, type LedgerGap } from "./gap.ts";
import { LedgerError } from "./ledger-error.ts";
import type { LedgerRead } from "./store.ts";

/** How a gap is settled, see `Ledger.settle`. */
export interface Settlement extends Signed {
  /**
   * - `nothing-lost`: no traffic is missing; the gap is closed
   * - `restart`: the core did begin anew, so the gap's bound flowed as well and counts at the gap's end. Only where the
   *   cause is `uncertain-restart` or `foreign-reset`, and the bound is known
   */
  readonly as: "nothing-lost" | "restart";
}

/** What an entry of kind `settle` says. */
export interface SettleBody extends Settlement {
  /** The gap's id. */
  readonly gap: string;
}

/** Settles a gap, once. @returns The entry's id. */
export async function settle(book: Book, gap: string, { as, reason, author }: Settlement): Promise<string> {
  assertText(gap, "a gap's id");
  if (as !== "nothing-lost" && as !== "restart")
    throw new RangeError(`a gap is settled as nothing-lost or as restart, not as ${as}`);
  assertSigned({ reason, author });
  const found = await book.store.read((tx) => findGap(tx, gap));
  if (as === "restart") assertRestart(found);
  const { from, to } = found.window;
  const body: SettleBody = { gap, as, reason, author };
  return writeCorrection(book, { kind: "settle", from, to, body }, async (tx) => {
    const settled = (await tx.entries({ kinds: ["settle"], from, to })).map(
      (entry) => JSON.parse(entry.body) as SettleBody,
    );
    const before = settled.find((each) => each.gap === gap);
    if (before !== undefined)
      throw new LedgerError("settled", `the gap ${gap} was settled as ${before.as} before`, {
        advice: "Correct usage with an adjustment where that was wrong.",
      });
  });
}

interface FoundGap extends LedgerGap {
  readonly window: { readonly from: number; readonly to: number };
}

async function findGap(tx: LedgerRead, id: string): Promise<FoundGap> {
  const entry = (await tx.entries({ kinds: ["gap"] })).find((each) => each.id === id);
  if (entry === undefined)
    throw new LedgerError("unknown-gap", `there is no gap ${JSON.stringify(id)} in the ledger`, {
      advice: "Ask for the gaps: each has its id.",
    });
  const node = (await tx.nodes()).find((each) => each.id === entry.node);
  return { ...gapFrom(entry, node?.name ?? ""), window: { from: entry.from, to: entry.to } };
}

function assertRestart({ id, cause, bound }: LedgerGap): void {
  if (cause !== "uncertain-restart" && cause !== "foreign-reset")
    throw new LedgerError("not-settleable", `the gap ${id} is a ${cause}, which cannot be settled as restart`, {
      advice: "Settle it as nothing-lost, or add what is missing with an adjustment.",
    });
  if (bound === "unknown")
    throw new LedgerError("not-settleable", `nobody knows what the gap ${id} holds at most, so it cannot be booked`, {
      advice: "Settle it as nothing-lost, or add what is missing with an adjustment.",
    });
}
