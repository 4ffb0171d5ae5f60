/** A request that is not taken: what to answer. */
export class Refusal extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** What is wrong, for `switch`. */
  readonly code: string;
  /** What the answer has besides. */
  readonly extra: RefusalExtra;

  constructor(status: number, code: string, message: string, extra: RefusalExtra = {}) {
    super(message, { cause: extra.cause });
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

/** What the answer to a refused request has besides, and what is told of it to ourselves alone. */
export interface RefusalExtra {
  /** When to try again, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** Which methods there are. */
  readonly allow?: string | undefined;
  /** More members of the answer's body. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  /** What the sender is not to learn, for the event. */
  readonly hint?: string | undefined;
  /** What went wrong here. */
  readonly cause?: unknown;
}

/** The sender's own fault: what it sent can never be taken. */
export function malformed(message: string): Refusal {
  return new Refusal(400, "malformed", message);
}
