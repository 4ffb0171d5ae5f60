/** The gRPC status codes the cores answer with. */
export const grpcCode = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const;

/** Ends a call with a status other than 0. */
export class GrpcStatus extends Error {
  override readonly name: string = "GrpcStatus";
  readonly code: number;
  /** HTTP's own status beside it, 200 nearly always. */
  readonly httpStatus: number;

  constructor(code: number, message: string, httpStatus = 200) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

/** The status message as it goes into a header: UTF-8 with all but printable ASCII percent-encoded. */
export function encodeStatusMessage(message: string): string {
  return message.replace(/[^ -$&-~]+/gu, (text) =>
    Buffer.from(text).toString("hex").toUpperCase().replace(/../g, "%$&"),
  );
}
