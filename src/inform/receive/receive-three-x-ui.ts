import type { Ledger } from "../../ledger/ledger.ts";
import type { UnprovenResult } from "../../ledger/record-unproven.ts";
import { type RefusedItem, readInformBody } from "../three-x-ui/read-inform-body.ts";
import { Refusal } from "./refusal.ts";

/** What a body of 3x-ui is booked under and held to. */
export interface ThreeXUiOptions {
  /** The key's node. */
  readonly node: string;
  /** Tells this body from all others, where the sender says so. */
  readonly id: string | undefined;
  /** What a counter cannot have moved by since the last post is refused. */
  readonly maxBytesPerSecond: number;
  /** Our time: the body has none. */
  readonly now: Date;
}

/** What became of a body of 3x-ui. */
export interface ThreeXUiResult extends Pick<UnprovenResult, "booked" | "repeated" | "bytes"> {
  /** The key's node. */
  readonly node: string;
  /** The versions of 3x-ui that write such a body; `null` where no user stands in it. */
  readonly writtenBy: string | null;
  /** How many items are good. */
  readonly accepted: number;
  /** How many items are not; `refused` names the first thousand. */
  readonly refusedCount: number;
  /** What is wrong with them. */
  readonly refused: readonly RefusedItem[];
}

// Panels post every 5 or 10 s; one that hung for a quarter hour may tell of all of it at once.
const longestSeconds = 900;

/** Books a body of 3x-ui as unproven. @throws Refusal, StatsError, LedgerError */
export async function receiveThreeXUi(
  ledger: Ledger,
  body: Uint8Array,
  { node, id, maxBytesPerSecond, now }: ThreeXUiOptions,
): Promise<ThreeXUiResult> {
  if (id !== undefined && (id === "" || id.length > 200))
    throw new Refusal(400, "malformed", "an Idempotency-Key has 1 to 200 characters");
  const read = readInformBody(body);
  const most = BigInt(Math.ceil(maxBytesPerSecond)) * BigInt(longestSeconds);
  const deltas = read.deltas.filter(({ bytes }) => bytes <= most);
  const absurd = read.deltas
    .filter(({ bytes }) => bytes > most)
    .map(({ name, bytes }) => ({ path: name, reason: `${bytes} bytes are more than the line carries` }));
  const { booked, repeated, bytes } = await ledger
    .recordUnproven({ node, source: "3x-ui", id, takenAt: now, deltas })
    .catch((error: unknown) => {
      if (error instanceof RangeError) throw new Refusal(422, "out-of-range", error.message);
      throw error;
    });
  return {
    node,
    writtenBy: read.writtenBy ?? null,
    booked,
    repeated,
    bytes,
    accepted: read.accepted,
    refusedCount: read.refusedCount + absurd.length,
    refused: [...absurd, ...read.refused].slice(0, 1000),
  };
}
