import { RpcError } from "../errors/rpc-error.ts";
import type { StatsErrorCode } from "../errors/stats-error.ts";
import { networkFailure } from "../internal/network-failure.ts";

/** What is known of a stream that closed without a gRPC status. */
interface BrokenStream {
  readonly error: unknown;
  /** Bytes of the answer that came. */
  readonly received: number;
  /** Response headers came. */
  readonly answered: boolean;
  /** The other side ever spoke HTTP/2 on this connection. */
  readonly greeted: boolean;
}

/** Makes the errors of one call: each says what failed, on what, and what to do. */
export type CallFailures = ReturnType<typeof callFailures>;

const wiringAdvice =
  "Check that the API inbound has a routing rule to the api tag; a TLS front needs an https:// address.";

const malformedAdvice = "Is a core's API really there, and nothing between that changes its answers?";

/** The failures of a call of `method` at `endpoint`. */
export function callFailures(endpoint: string, method: string) {
  function fail(
    code: StatsErrorCode,
    what: string,
    options: { advice?: string; cause?: unknown; status?: number } = {},
  ): RpcError {
    return new RpcError(code, what, { endpoint, method, ...options });
  }
  return {
    closed: (): RpcError =>
      fail("closed", `${method}: the client for ${endpoint} is closed`, { advice: "Make a new StatsClient." }),

    timeout: (timeoutMs: number): RpcError =>
      fail("timeout", `no whole answer to ${method} from ${endpoint} within ${timeoutMs} ms`, {
        advice: "Is the core busy, stopped or behind a slow network? Otherwise allow a longer timeoutMs.",
      }),

    tooLarge: (bytes: number, maxBytes: number): RpcError =>
      fail("too-large", `the answer to ${method} from ${endpoint} has ${bytes} bytes, more than maxBytes ${maxBytes}`, {
        advice: "Raise maxBytes, or leave it out for no limit.",
      }),

    malformed: (why: string, cause?: unknown): RpcError =>
      fail("malformed", `the answer to ${method} from ${endpoint} is not valid: ${why}`, {
        advice: malformedAdvice,
        cause,
      }),

    notOneMessage: (bytes: number): RpcError =>
      fail("malformed", `the answer to ${method} from ${endpoint} is not one whole message: ${bytes} bytes came`, {
        advice: malformedAdvice,
      }),

    notGrpc: (status: unknown, contentType: unknown): RpcError =>
      fail(
        "wrong-protocol",
        `${endpoint} does not speak gRPC: it answered HTTP status ${status}, content-type ${contentType ?? "none"}`,
        { advice: "Is this the port of the core's API, not of a web server or panel?" },
      ),

    connecting: (error: unknown): RpcError => connectionFailure(error),

    broken({ error, received, answered, greeted }: BrokenStream): RpcError {
      if (greeted || answered) {
        return fail("connection-lost", `${endpoint} broke the connection after ${received} bytes of ${method}`, {
          advice: "Did the core stop or restart? A read can be tried again.",
          cause: error,
        });
      }
      const { code, cause } = networkFailure(error);
      // An API inbound without a rule ends like this, on Xray by a reset.
      if (cause === undefined || /^(ECONNRESET|EPIPE)$/.test(code)) {
        return fail("no-answer", `${endpoint} accepted ${method} and closed the connection without an answer`, {
          advice: wiringAdvice,
          cause,
        });
      }
      return connectionFailure(cause);
    },

    /** The core's own error status. */
    status(status: number, encodedText: string): RpcError {
      const text = decoded(encodedText);
      if (status === 12) {
        return fail("unsupported", `the core at ${endpoint} has no ${method}: ${text}`, {
          status,
          advice: /unknown service/.test(text)
            ? "Name StatsService in the core's api services; on sing-box switch v2ray_api.stats on."
            : "A newer version of the core may have it.",
        });
      }
      if (status === 2 && text.includes("only works its own stats.Manager")) {
        return fail("stats-disabled", `the core at ${endpoint} keeps no statistics`, {
          status,
          advice: 'Add "stats": {} to its configuration, and the flags under policy.',
        });
      }
      return fail("rpc", `${endpoint} failed at ${method} with code ${status}: ${text || "no text"}`, {
        status,
        advice: "The core's own log may tell more.",
      });
    },
  };

  function connectionFailure(error: unknown): RpcError {
    const { kind, code, text, cause } = networkFailure(error);
    if (kind === "refused") {
      return fail("unreachable", `connection refused at ${endpoint}`, {
        cause,
        advice: "Is the core running, and does its API listen there?",
      });
    }
    if (kind === "unreachable") {
      return fail("unreachable", `cannot reach ${endpoint}: ${text}`, { cause, advice: "Check the address." });
    }
    if (kind === "tls") {
      return fail("tls", `TLS with ${endpoint} failed: ${text}`, {
        cause,
        advice: "Check the certificates, the server name, and that the port really speaks TLS.",
      });
    }
    if (code === "ERR_HTTP2_ERROR" || code === "ERR_HTTP2_SESSION_ERROR" || code === "ERR_HTTP2_STREAM_ERROR") {
      return fail("wrong-protocol", `${endpoint} does not speak HTTP/2 without TLS: ${text}`, {
        cause,
        advice: "Is this the port of the core's API? A TLS front needs an https:// address.",
      });
    }
    return fail("connection-lost", `the connection to ${endpoint} broke: ${text}`, {
      cause,
      advice: "Did the core stop or restart? A read can be tried again.",
    });
  }
}

/** `grpc-message` is percent-encoded UTF-8; what is not is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
