import type { Direction, Scope } from "../names/stat-name.ts";
import { assertSigned, assertText, type Book, type Signed, writeCorrection } from "./corrections.ts";
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
export type Adjustment = AdjustmentOfBytes &
  (
    | {
        /** Whose usage it is. */
        readonly user: string;
        /** Not with a user. */
        readonly scope?: undefined;
        /** Not with a user. */
        readonly subject?: undefined;
      }
    | {
        /** Not with a scope. */
        readonly user?: undefined;
        /** Whose counters they are: `user`, `inbound` or `outbound`. */
        readonly scope: Scope;
        /** A user's name, or a tag. */
        readonly subject: string;
      }
  );

/** What an entry of kind `adjust` says. */
export interface AdjustBody extends Signed {
  readonly scope: Scope;
  readonly subject: string;
  readonly direction: Direction;
  readonly node?: string | undefined;
  /** Signed, decimal. */
  readonly bytes: string;
}

const scopes: readonly unknown[] = ["user", "inbound", "outbound"] satisfies Scope[];
const directions: readonly unknown[] = ["uplink", "downlink"] satisfies Direction[];

/** Writes a correction of usage. @returns The entry's id. */
export async function adjust(book: Book, adjustment: Adjustment): Promise<string> {
  const { bytes, direction = "downlink", node, at = new Date(), reason, author } = adjustment;
  if ((adjustment.user === undefined) === (adjustment.subject === undefined))
    throw new TypeError("an adjustment is of a user, or of a scope and a subject: one of both");
  const { scope, subject } =
    adjustment.user === undefined ? adjustment : { scope: "user" as const, subject: adjustment.user };
  if (!scopes.includes(scope)) throw new RangeError(`there is no scope ${scope}; it is user, inbound or outbound`);
  assertText(subject, "whom an adjustment is of");
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
