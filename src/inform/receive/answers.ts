import { isStatsError } from "../../errors/stats-error.ts";
import { LedgerError, type LedgerErrorReason } from "../../ledger/ledger-error.ts";
import { SignatureError } from "../signature-error.ts";
import { BodyError } from "./body-error.ts";
import { Refusal } from "./refusal.ts";

/** An answer with a body in JSON; bytes are decimal strings in it. */
export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  const text = `${JSON.stringify(body, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value))}\n`;
  return new Response(text, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}

/** The answer to a request that is not taken. */
export function refusalAnswer({ status, code, message, extra }: Refusal): Response {
  const headers: Record<string, string> = {};
  if (extra.retryAfterMs !== undefined) headers["retry-after"] = `${Math.ceil(extra.retryAfterMs / 1000)}`;
  if (extra.allow !== undefined) headers.allow = extra.allow;
  if (status === 401) headers["www-authenticate"] = "Bearer";
  return jsonAnswer(status, { error: { code, message }, ...extra.body }, headers);
}

/** What to answer where something threw. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof BodyError) return new Refusal(error.status, error.reason, textOf(error));
  if (error instanceof SignatureError) return new Refusal(401, `${error.reason}-signature`, textOf(error));
  if (error instanceof LedgerError) return ledgerRefusal(error);
  if (isStatsError(error) && error.code === "malformed") return new Refusal(400, "malformed", textOf(error));
  return new Refusal(500, "internal", "the receiver failed; its log says more", { cause: error });
}

function ledgerRefusal(error: LedgerError): Refusal {
  const status = statuses.get(error.reason);
  if (status !== undefined) return new Refusal(status, error.reason, textOf(error), { cause: error });
  // Its text tells of our database.
  const text = "the ledger cannot be written now; send it again later";
  return new Refusal(503, "unavailable", text, { retryAfterMs: 10_000, cause: error });
}

const statuses: ReadonlyMap<LedgerErrorReason, number> = new Map([
  ["other-ledger", 409],
  ["sealed", 409],
  ["not-recordable", 422],
]);

function textOf(error: Error): string {
  return isStatsError(error) && error.advice !== undefined ? `${error.message}. ${error.advice}` : error.message;
}
