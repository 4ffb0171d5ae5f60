/** An answer that is an error, in the manager's form: `{ "detail": … }`. */
export class Problem extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** Beside those of every answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}
