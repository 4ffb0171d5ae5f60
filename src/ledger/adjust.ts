import type { Direction } from "../names/stat-name.ts";
import { assertSigned, assertText, type Book, type Signed, writeCorrection } from "./corrections.ts";
import { type CounterOwner, type OwnerName, readOwner } from "./counter-owner.ts";
import { isBookable, quarterOf } from "./quarter.ts";

/** Bytes to add to usage, or to take away. */
export interface AdjustmentOfBytes extends Signed {
  /** How many: above 0 they are added, below 0 they are taken away, as a refund does. Never 0. */
  readonly bytes: bigint;
  /** Which way they count as. @defaultValue "downlink" */
  readonly direction?: Direction | undefined;
  /** The node they count for. @defaultValue none: they are in the sums of all nodes, and of no single one */
  readonly node?: string | undefined;
  /** The time they count for: the quarter hour it lies in. @defaultValue now */
  readonly at?: Date | undefined;
}

/** A correction of somebody's usage, see `Ledger.adjust`: of a user, or of a subject of another scope. */
export type Adjustment = AdjustmentOfBytes & CounterOwner;

/** What an entry of kind `adjust` says. */
export interface AdjustBody extends Signed, OwnerName {
  readonly direction: Direction;
  readonly node?: string | undefined;
  /** Signed, decimal. */
  readonly bytes: string;
}

const directions: readonly unknown[] = ["uplink", "downlink"] satisfies Direction[];

/** Writes a correction of usage. @returns The entry's id. */
export async function adjust(book: Book, adjustment: Adjustment): Promise<string> {
  const { bytes, direction = "downlink", node, at = new Date(), reason, author } = adjustment;
  const { scope, subject } = readOwner(adjustment, "an adjustment");
  if (!directions.includes(direction))
    throw new RangeError(`there is no direction ${direction}; it is uplink or downlink`);
  if (node !== undefined) assertText(node, "a node's name");
  if (typeof bytes !== "bigint") throw new TypeError("bytes must be a bigint");
  if (bytes === 0n || BigInt.asIntN(64, bytes) !== bytes)
    throw new RangeError("bytes must be above or below 0, and fit into 64 bits");
  if (!(at instanceof Date)) throw new TypeError("at must be a Date");
  if (!isBookable(quarterOf(at))) throw new RangeError("at must be a time from 1970 to 2089");
  assertSigned({ reason, author });
  const body: AdjustBody = { scope, subject, direction, node, bytes: bytes.toString(), reason, author };
  return writeCorrection(book, { kind: "adjust", from: at.getTime(), to: at.getTime(), body });
}
