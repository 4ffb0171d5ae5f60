import { StatsError, type StatsErrorCode, type StatsErrorOptions } from "./stats-error.ts";

/** Options of {@link RpcError}. */
export interface RpcErrorOptions extends StatsErrorOptions {
  /** The address as it was given, such as `127.0.0.1:10085`. */
  readonly endpoint: string;
  /** The method called, such as `GetStats`. */
  readonly method: string;
  /** The gRPC status of the core's answer, when one came. */
  readonly status?: number | undefined;
}

/** A call to a core failed. */
export class RpcError extends StatsError {
  /** `RpcError`. */
  override readonly name: string = "RpcError";
  /** The address as it was given, such as `127.0.0.1:10085`. */
  readonly endpoint: string;
  /** The method called, such as `GetStats`. */
  readonly method: string;
  /** The gRPC status of the core's answer; `undefined` when none came. */
  readonly status: number | undefined;

  constructor(code: StatsErrorCode, message: string, options: RpcErrorOptions) {
    super(code, message, options);
    this.endpoint = options.endpoint;
    this.method = options.method;
    this.status = options.status;
  }
}
