import { assertText } from "../corrections.ts";
import { LedgerError } from "../ledger-error.ts";
import type { LedgerStore } from "../store.ts";
import { activeBeside, sealActive } from "./admit-node.ts";

/** Which ledger takes a node's place, see `Ledger.replace`. */
export interface Replacement {
  /** The node's name. */
  readonly node: string;
  /** The id of the ledger that records it from now on. Nothing of it need be here yet. */
  readonly ledger: string;
}

/** A ledger took another one's place. */
export interface Replaced {
  /** The id of the ledger that recorded the node so far; `undefined` where no ledger did any more. */
  readonly sealed: string | undefined;
}

/** Seals what recorded a node so far; from now on another ledger alone may bring it. */
export async function replaceLedger(store: LedgerStore, { node: name, ledger }: Replacement): Promise<Replaced> {
  assertText(name, "a node's name");
  if (typeof ledger !== "string" || !/^[\w-]{1,64}$/.test(ledger))
    throw new RangeError(`${JSON.stringify(ledger)} is no ledger's id`);
  return store.write(async (tx) => {
    if (ledger === (await tx.ledgerId()))
      throw new LedgerError("other-ledger", `${ledger} is this ledger itself; name the one that is to take the place`);
    const known = (await tx.nodes()).filter((each) => each.name === name);
    if (known.length === 0)
      throw new LedgerError("unknown-node", `no node ${JSON.stringify(name)} is in the ledger`, {
        advice: "Names are as `v2ray-stats usage --by node` shows them.",
      });
    const state = known.find((each) => each.ledger === ledger)?.state;
    if (state === "merged")
      throw new LedgerError("known", `the ledger ${ledger} records ${JSON.stringify(name)} here already`);
    if (state !== undefined)
      throw new LedgerError("sealed", `another ledger took the place of ${ledger}, which can add nothing more`, {
        advice: "Let its agent begin with a new --db, and say that one's id.",
      });
    const node = await tx.nodeOf(ledger, name);
    const active = await activeBeside(tx, node);
    if (active !== undefined) await sealActive(tx, active);
    return { sealed: active?.ledger };
  });
}
