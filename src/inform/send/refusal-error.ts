import { LedgerError } from "../../ledger/ledger-error.ts";
import { replaceCommand } from "../replace-command.ts";

const words: ReadonlyMap<string, readonly [what: string, advice: string]> = new Map([
  [
    "other-ledger",
    [
      "another ledger records it there",
      "Do two agents run under one node name? If this one is to take the other's place, an operator of the hub says",
    ],
  ],
  ["sealed", ["another ledger took its place there", "Stop this agent, or let it record under another node name."]],
  [
    "own",
    ["the hub records it itself, or is a copy of this ledger", "Give the hub a ledger of its own, and each node one."],
  ],
  [
    "clock",
    ["some of it is of a time that has not come by the hub's clock", "Set this machine's clock; NTP keeps it so."],
  ],
  ["not-allowed", ["this key may not bring it", "Use a key that was made for this node: `inform keys add NODE`."]],
]);

/** Why a hub takes nothing of a node, and what to do. */
export function refusalError(of: { readonly ledger: string; readonly node: string }, reason: string): LedgerError {
  const [what, advice] = words.get(reason) ?? [`the hub said ${reason}`, "The hub's log may tell more."];
  return new LedgerError("other-ledger", `the hub takes nothing of ${of.node}: ${what}`, {
    advice: reason === "other-ledger" ? `${advice}: ${replaceCommand(of)}` : advice,
  });
}
