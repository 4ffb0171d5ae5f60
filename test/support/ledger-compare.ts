import assert from "node:assert/strict";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { quarterOf } from "../../src/ledger/quarter.ts";
import { down, up } from "./ledger-session.ts";
import type { LedgerWorld } from "./ledger-world.ts";

/** Sees that a ledger holds of a node what the model foresees, byte for byte and gap for gap. */
export async function compareLedger(ledger: Ledger, node: string, world: LedgerWorld): Promise<void> {
  const booked: [string, bigint][] = [];
  for (const { start, subject, uplink, downlink } of (await ledger.usage({ node, by: ["quarter", "user"] })).rows) {
    const [quarter, user] = [quarterOf(start as Date), subject as string];
    booked.push([`${quarter} ${up(user)}`, uplink], [`${quarter} ${down(user)}`, downlink]);
  }
  assert.deepEqual(new Map(booked.filter(([, bytes]) => bytes > 0n).sort()), new Map([...world.booked].sort()));
  const told = (await ledger.gaps({ node })).map(({ cause, from, to, bound }) => {
    return gapText(
      cause,
      from,
      to,
      bound === "unknown" ? bound : Array.from(bound, ([name, value]) => ({ name, value })),
    );
  });
  const foreseen = world.gaps.map(({ cause, from, to, bound }) => gapText(cause, from, to, bound));
  assert.deepEqual(told.sort(), foreseen.sort());
}

type Bound = readonly { readonly name: string; readonly value: bigint }[] | "unknown";

function gapText(cause: string, from: Date | undefined, to: Date, bound: Bound): string {
  // A clock that was set back in between: both times, the earlier one first.
  const window = [from, to].sort((a, b) => Number(a ?? 0) - Number(b ?? 0)).map((time) => time?.toISOString());
  // A counter at zero bounds nothing, and whether it was seen matters to nobody.
  const bytes =
    bound === "unknown" ? bound : bound.filter(({ value }) => value > 0n).map(({ name, value }) => `${name} ${value}`);
  return [cause, ...window, ...(bytes === "unknown" ? [bytes] : bytes.sort())].join("\n");
}
