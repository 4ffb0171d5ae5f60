import { LedgerError } from "../ledger-error.ts";
import type { LedgerRead, LedgerStore, LedgerWrite } from "../store.ts";
import { MemoryTransaction } from "./memory-transaction.ts";

/** A ledger that ends with the process: for tests, and for who only wants the accounting. */
export function openMemoryStore(): LedgerStore {
  const transaction = new MemoryTransaction();
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function write<Result>(work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    if (closed) throw new LedgerError("closed", "the ledger was closed", { advice: "Open a new one." });
    const turn = last.then(async () => {
      try {
        const result = await work(transaction);
        transaction.commit();
        return result;
      } catch (error) {
        transaction.rollBack();
        throw error;
      }
    });
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    write,
    read: <Result>(work: (tx: LedgerRead) => Promise<Result>) => write(work),
    async close() {
      closed = true;
      await last;
    },
  };
}
