import { StatsError } from "../errors/stats-error.ts";

/**
 * What is wrong with a signature, for `switch`.
 *
 * - `missing`: there is none
 * - `malformed`: it is not written as a signature is
 * - `stale`: its time is too far from ours, before or after
 * - `wrong`: none of our secrets gives it for this body
 */
export type SignatureErrorReason = "missing" | "malformed" | "stale" | "wrong";

/** A body that is not proved to come from whom it should. */
export class SignatureError extends StatsError {
  /** `SignatureError`. */
  override readonly name: string = "SignatureError";
  /** Why, for `switch`. */
  readonly reason: SignatureErrorReason;

  constructor(reason: SignatureErrorReason, message: string, options?: { readonly advice?: string | undefined }) {
    super("signature", message, options);
    this.reason = reason;
  }
}
