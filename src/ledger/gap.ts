import { randomUUID } from "node:crypto";
import type { Gap } from "../snapshot/delta.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { GapSettlement, LedgerGap, LedgerGapCause } from "../usage/ledger-gap.ts";
import { quarterOf } from "./quarter.ts";
import type { StoredEntry } from "./store.ts";

export type { LedgerGap, LedgerGapCause } from "../usage/ledger-gap.ts";

/** What a store keeps of a gap beside its times. */
export interface GapBody {
  readonly cause: LedgerGapCause;
  readonly from: number | null;
  readonly bound: readonly (readonly [name: string, bytes: string])[] | "unknown";
}

/** A gap between two readings. */
export type GapBetween = Omit<Gap, "cause"> & { readonly cause: LedgerGapCause };

/** A gap between two readings, as the ledger's. */
export function gapOf(node: string, { cause, from, to, bound }: GapBetween): LedgerGap {
  // A clock that was set back in between shows the end before the beginning: nobody knows which time was right.
  const setBack = from !== undefined && from > to;
  return {
    id: randomUUID(),
    node,
    cause,
    from: setBack ? to : from,
    to: setBack ? from : to,
    bound: bound === "unknown" ? bound : new Map(bound.map(({ name, value }) => [name, value])),
    settled: undefined,
  };
}

/** Stores have no open beginnings: this one is before all others. */
const openBeginning = -8.64e15;

/** A gap as a store keeps it. */
export function gapEntry(node: number, at: Date, { id, cause, from, to, bound }: LedgerGap): StoredEntry {
  const body: GapBody = {
    cause,
    from: from?.getTime() ?? null,
    bound: bound === "unknown" ? bound : Array.from(bound, ([name, bytes]) => [name, bytes.toString()]),
  };
  const window = { from: from?.getTime() ?? openBeginning, to: to.getTime() };
  return { id, node, kind: "gap", at: at.getTime(), ...window, body: JSON.stringify(body) };
}

/** Reads what {@link gapEntry} made. */
export function gapFrom({ id, to, body }: StoredEntry, node: string, settled?: GapSettlement): LedgerGap {
  const { cause, from, bound } = JSON.parse(body) as GapBody;
  return {
    id,
    node,
    cause,
    from: from === null ? undefined : new Date(from),
    to: new Date(to),
    bound: bound === "unknown" ? bound : new Map(bound.map(([name, bytes]) => [name, BigInt(bytes)])),
    settled,
  };
}

/** Bytes of an interval go to the quarter of its end: where that is longer than a poll, answers say so. */
export function lateNote(node: number, from: Snapshot, to: Snapshot, intervalMs: number): StoredEntry | undefined {
  const start = from.takenAt.getTime();
  const end = to.takenAt.getTime();
  if (quarterOf(from.takenAt) === quarterOf(to.takenAt) || end - start <= 2 * intervalMs) return undefined;
  return lateEntry(node, start, end);
}

/** A note that bytes of a window were booked at its end. */
export function lateEntry(node: number, from: number, to: number): StoredEntry {
  return { id: randomUUID(), node, kind: "late", at: to, from, to, body: "{}" };
}
