import type { LedgerStore, LedgerWrite } from "../../src/ledger/store.ts";

/** What a store that fails on command throws. */
export class InjectedFault extends Error {
  override readonly name: string = "InjectedFault";
}

/** Where a store fails once. */
export interface FaultPoint {
  /** Which of the coming steps, from 0: the beginning of a transaction, each call in it, its commit. */
  readonly step: number;
  /** Whether the step had its effect before it failed; of a commit: nobody hears that it was done. */
  readonly after: boolean;
}

/** A store that can fail at each of its steps. */
export interface FaultyStore {
  readonly store: LedgerStore;
  /** Lets it fail once, counted from here; `undefined` lets it be. */
  arm(point: FaultPoint | undefined): void;
  /** Whether it failed since it was armed. */
  readonly failed: boolean;
  /** Whether the failure was a commit that was done all the same. */
  readonly committed: boolean;
}

/** Wraps a store. @param strike What happens where it fails; the error comes if that returns. */
export function faultyStore(inner: LedgerStore, strike: () => void = () => {}): FaultyStore {
  let armed: FaultPoint | undefined;
  let steps = 0;
  let failed = false;
  let committed = false;

  /** Takes the next step: whether it fails before or after its effect, or not at all. */
  function nextStep(): "before" | "after" | "well" {
    if (armed === undefined || steps++ !== armed.step) return "well";
    failed = true;
    return armed.after ? "after" : "before";
  }

  function fail(): never {
    strike();
    throw new InjectedFault();
  }

  async function call<Result>(effect: () => Promise<Result>): Promise<Result> {
    const step = nextStep();
    if (step === "before") fail();
    const result = await effect();
    if (step === "after") fail();
    return result;
  }

  function guarded(tx: LedgerWrite): LedgerWrite {
    return new Proxy(tx, {
      get: (target, key) => {
        const method = Reflect.get(target, key) as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) => call(() => method.apply(target, args));
      },
    });
  }

  async function transact<Result>(kind: "read" | "write", work: (tx: LedgerWrite) => Promise<Result>): Promise<Result> {
    const begin = nextStep();
    if (begin === "before") fail();
    let unheard = false;
    const result = await inner[kind](async (tx) => {
      if (begin === "after") fail();
      const answer = await work(guarded(tx as LedgerWrite));
      const commit = nextStep();
      if (commit === "before") fail();
      unheard = commit === "after";
      return answer;
    });
    committed ||= unheard && kind === "write";
    if (unheard) fail();
    return result;
  }

  return {
    store: {
      write: (work) => transact("write", work),
      read: (work) => transact("read", work),
      close: () => inner.close(),
    },
    arm(point) {
      armed = point;
      steps = 0;
      failed = false;
      committed = false;
    },
    get failed() {
      return failed;
    },
    get committed() {
      return committed;
    },
  };
}
