/** What a request alone does not say. */
export interface RequestInfo {
  /** The address of the connection's other end. */
  readonly remoteAddress?: string | undefined;
}

/** Answers a request. Never rejects. */
export type HttpHandler = (request: Request, info?: RequestInfo) => Promise<Response>;
