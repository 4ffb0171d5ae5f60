/** An answer that is an error, in the manager's form: `{ "detail": … }`. */
export class Problem extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** Beside those of every answer. */
  readonly headers: Readonly<Record<string, string>>;

  /** @param cause What went wrong here, for our own log. */
  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}, cause?: unknown) {
    super(detail, { cause });
    this.status = status;
    this.headers = headers;
  }
}
