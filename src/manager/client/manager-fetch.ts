/** What the client asks of a request. */
export interface ManagerRequestInit {
  /** There never is a body. */
  readonly method: "GET" | "POST";
  /** The API key is among them. */
  readonly headers: Record<string, string>;
  /** A redirect is an answer here; the API key is not carried elsewhere. */
  readonly redirect: "manual";
  /** Aborts at the deadline and when the caller wants. */
  readonly signal: AbortSignal;
}

/** Bytes of a body, or its end. */
export interface ManagerBodyChunk {
  /** There are no more. */
  readonly done: boolean;
  /** The bytes; `undefined` at the end. */
  readonly value?: Uint8Array | undefined;
}

/** What the client asks of whoever reads an answer's body. */
export interface ManagerBodyReader {
  /** The next bytes. */
  read(): Promise<ManagerBodyChunk>;
  /** No more is wanted. */
  cancel(reason?: unknown): Promise<void>;
}

/** What the client asks of an answer's headers. */
export interface ManagerResponseHeaders {
  /** A header by its name in any case; null where it did not come. */
  get(name: string): string | null;
}

/** What the client asks of an answer's body. */
export interface ManagerBody {
  /** Starts reading. */
  getReader(): ManagerBodyReader;
}

/** What the client asks of an answer. */
export interface ManagerResponse {
  /** The HTTP status. */
  readonly status: number;
  /** Its headers. */
  readonly headers: ManagerResponseHeaders;
  /** Its body; null where there is none. */
  readonly body: ManagerBody | null;
}

/** All the client asks of a `fetch`; Node's own fits unchanged, and so does undici's with a dispatcher bound to it. */
export type ManagerFetch = (url: string, init: ManagerRequestInit) => Promise<ManagerResponse>;
