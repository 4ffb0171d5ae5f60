import type { CounterNames } from "../answer/counter-names.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerStore } from "../store.ts";

/** What a ledger stands on. */
export interface LedgerParts {
  readonly store: LedgerStore;
  /** The names that it has read. */
  readonly names: CounterNames;
}

const parts = new WeakMap<Ledger, LedgerParts>();

/** Remembers what a ledger stands on. */
export function keepParts(ledger: Ledger, of: LedgerParts): Ledger {
  parts.set(ledger, of);
  return ledger;
}

/** What a ledger of this package stands on. @throws TypeError of another. */
export function partsOf(ledger: Ledger): LedgerParts {
  const of = parts.get(ledger);
  if (of === undefined) throw new TypeError("this needs a ledger that this package opened");
  return of;
}

/** Where a ledger of this package keeps its rows. @throws TypeError of another. */
export function storeOf(ledger: Ledger): LedgerStore {
  return partsOf(ledger).store;
}
