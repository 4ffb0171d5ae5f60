import { inspect } from "node:util";
import { NotSentError } from "../../http/send-request.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import { type NetworkFailure, networkFailure } from "../../internal/network-failure.ts";
import { ManagerError, type ManagerErrorOptions, type ManagerErrorReason } from "../manager-error.ts";

const longestDetail = 300;

/** Makes the errors of one client. The only place where texts of others get in, and where the API key is kept out. */
export type ManagerFailures = ReturnType<typeof managerFailures>;

type Facts = Omit<ManagerErrorOptions, "endpoint" | "request">;

/** The failures of requests to `endpoint` with this key. */
export function managerFailures(endpoint: string, apiKey: string) {
  function tidy(text: string): string {
    const line = escapeControls(text.replaceAll(apiKey, "…").replaceAll(/\s+/g, " ").trim());
    return line.length > longestDetail ? `${line.slice(0, longestDetail)}…` : line;
  }

  function fail(reason: ManagerErrorReason, request: string, what: string, facts: Facts = {}): ManagerError {
    const { cause, detail, ...rest } = facts;
    return new ManagerError(reason, `${request} at ${endpoint}: ${what}`, {
      endpoint,
      request,
      ...rest,
      ...(detail !== undefined && { detail: tidy(detail) }),
      // What a foreign fetch throws may show the headers it was given.
      ...(cause !== undefined && !inspect(cause, { depth: 8 }).includes(apiKey) && { cause }),
    });
  }

  return {
    timeout: (request: string, timeoutMs: number): ManagerError =>
      fail("timeout", request, `no whole answer within ${timeoutMs} ms`, {
        advice: isRead(request)
          ? "Is the server busy or stopped? Otherwise allow a longer timeoutMs."
          : mayHaveHappened,
      }),

    tooLarge: (request: string, status: number, maxBytes: number): ManagerError =>
      fail("too-large", request, `the answer has more than maxBytes ${maxBytes}`, {
        status,
        advice: "Is a key manager really there? Otherwise raise maxBytes.",
      }),

    malformed: (request: string, status: number, why: string): ManagerError =>
      fail("malformed", request, `the answer is not valid: ${tidy(why)}`, {
        status,
        advice: "Is this the address of a key manager's API, and nothing between that changes its answers?",
      }),

    /** The server's own word inside a 200 that all is not well. */
    said: (reason: "refused" | "server-error", request: string, detail: string): ManagerError =>
      fail(reason, request, `the server answers with success and says: ${tidy(detail)}`, {
        status: 200,
        detail,
        advice: "The server's own log may tell more.",
      }),

    /** No generation has the endpoint. */
    unsupported(missing: readonly ManagerError[]): ManagerError {
      const last = missing.at(-1);
      const requests = missing.map(({ request }) => request).join(", ");
      return fail("unsupported", requests, "the server has no such endpoint", {
        status: last?.status,
        detail: last?.detail,
        cause: last,
        advice: "Is the address right, up to and with /api? The newest servers have no list of all keys.",
      });
    },

    status(
      request: string,
      status: number,
      detail: string | undefined,
      facts: { location?: string; retryAfterMs?: number },
    ): ManagerError {
      const [reason, what, advice] = meaningOf(status, detail);
      const where = reason === "redirected" && facts.location !== undefined ? ` to ${tidy(facts.location)}` : "";
      const said = detail === undefined ? "" : `: ${tidy(detail)}`;
      return fail(reason, request, `${what} (status ${status})${where}${said}`, {
        status,
        detail,
        advice,
        retryAfterMs: facts.retryAfterMs,
      });
    },

    network(request: string, error: unknown): ManagerError {
      const failure = networkFailure(error);
      const [reason, what, advice] = networkMeaning(failure, error instanceof NotSentError);
      return fail(reason, request, `${what}: ${tidy(failure.text)}`, {
        cause: error,
        advice: reason === "connection-lost" && !isRead(request) ? mayHaveHappened : advice,
      });
    },
  };
}

const mayHaveHappened = "It may have taken effect all the same: read before you try again.";

function isRead(request: string): boolean {
  return request.startsWith("GET");
}

function meaningOf(status: number, detail: string | undefined): readonly [ManagerErrorReason, string, string] {
  if (status === 0 || (status >= 300 && status < 400))
    return ["redirected", "the server redirects", "Give the address it leads to; redirects are not followed."];
  if (status === 401)
    return ["unauthorized", "the API key is not accepted", "Check the API key; some servers want it as bearer."];
  if (status === 403) return ["forbidden", "the API key may not do this", "Use a key that may."];
  if (status === 404 && /\bkey\b.*not found/i.test(detail ?? ""))
    return [
      "unknown-key",
      "the server knows no such key",
      "Give the key's id; its uuid works on old generations only.",
    ];
  if (status === 501) return ["unsupported", "the server does not do this", "Its own words may tell another way."];
  if (status === 404 || status === 405)
    return ["unsupported", "the server has no such endpoint", "Is the address right, up to and with /api?"];
  if (status === 429) return ["rate-limited", "too many requests", "Ask less often."];
  if (status >= 500) return ["server-error", "the server failed", "The server's own log may tell more."];
  return ["refused", "the server refuses", "Check what was asked for; the server's own log may tell more."];
}

function networkMeaning(
  { kind, code }: NetworkFailure,
  notSent: boolean,
): readonly [ManagerErrorReason, string, string] {
  if (kind === "refused") return ["unreachable", "connection refused", "Is the server running there?"];
  if (kind === "unreachable" || (kind === "lost" && notSent))
    return ["unreachable", "cannot be reached", "Check the address and the network."];
  if (kind === "tls") {
    return [
      "tls",
      "TLS failed",
      "Trust the server's certificate with tls.ca, name it with tls.serverName, or is the port plain http?",
    ];
  }
  if (code.startsWith("HPE_")) {
    return ["malformed", "the answer is not HTTP", "Is this the server's port, and does it want https?"];
  }
  return ["connection-lost", "the connection broke", "Did the server stop or restart? A read can be tried again."];
}
