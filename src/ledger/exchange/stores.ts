import type { Ledger } from "../ledger.ts";
import type { LedgerStore } from "../store.ts";

const stores = new WeakMap<Ledger, LedgerStore>();

/** Remembers what a ledger stands on. */
export function keepStore(ledger: Ledger, store: LedgerStore): Ledger {
  stores.set(ledger, store);
  return ledger;
}

/** What a ledger of this package stands on. @throws TypeError of another. */
export function storeOf(ledger: Ledger): LedgerStore {
  const store = stores.get(ledger);
  if (store === undefined) throw new TypeError("only a ledger that this package opened can be moved");
  return store;
}
