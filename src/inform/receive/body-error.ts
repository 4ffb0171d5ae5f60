import { StatsError, type StatsErrorCode } from "../../errors/stats-error.ts";

/**
 * What is wrong with a body, for `switch`.
 *
 * - `too-large`: it has more bytes than allowed, as sent or decompressed
 * - `encoding`: it is compressed in a way that is not understood
 * - `truncated`: it ended before its end
 * - `damaged`: it does not decompress
 * - `slow`: it did not come in time
 */
export type BodyErrorReason = "too-large" | "encoding" | "truncated" | "damaged" | "slow";

const codes: Readonly<Record<BodyErrorReason, StatsErrorCode>> = {
  "too-large": "too-large",
  encoding: "unsupported",
  truncated: "malformed",
  damaged: "malformed",
  slow: "timeout",
};

const statuses: Readonly<Record<BodyErrorReason, number>> = {
  "too-large": 413,
  encoding: 415,
  truncated: 400,
  damaged: 400,
  slow: 408,
};

/** A body that cannot be read. */
export class BodyError extends StatsError {
  /** `BodyError`. */
  override readonly name: string = "BodyError";
  /** Why, for `switch`. */
  readonly reason: BodyErrorReason;
  /** The HTTP status to answer with. */
  readonly status: number;

  constructor(reason: BodyErrorReason, message: string, options?: ErrorOptions & { readonly advice?: string }) {
    super(codes[reason], message, options);
    this.reason = reason;
    this.status = statuses[reason];
  }
}
