/**
 * What an HTTP status means for a body that was posted.
 *
 * - `accepted`: the receiver has it (2xx)
 * - `refused`: this body will never be taken, others may be (400, 413, 415, 422)
 * - `authentication`: the receiver does not let us in (401, 403, 407)
 * - `wrong-address`: nobody takes bodies there, a redirect included (3xx, 404, 405, 410, 421)
 * - `retry`: all else; later it may be taken
 */
export type StatusKind = "accepted" | "refused" | "authentication" | "wrong-address" | "retry";

const kinds: ReadonlyMap<number, StatusKind> = new Map([
  ...[400, 413, 415, 422].map((status) => [status, "refused"] as const),
  ...[401, 403, 407].map((status) => [status, "authentication"] as const),
  ...[404, 405, 410, 421].map((status) => [status, "wrong-address"] as const),
]);

/** Says what a status means for a body that was posted. */
export function classifyStatus(status: number): StatusKind {
  if (status >= 200 && status < 300) return "accepted";
  if (status >= 300 && status < 400) return "wrong-address";
  return kinds.get(status) ?? "retry";
}
