import { randomUUID } from "node:crypto";
import { isStatsError, StatsError } from "../../errors/stats-error.ts";
import { checkTls } from "../../http/send-request.ts";
import { assertTimerMs } from "../../internal/timer-ms.ts";
import type { TlsOptions } from "../../internal/tls-options.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { LedgerError } from "../../ledger/ledger-error.ts";
import { readNodeTotals } from "../../ledger/node-totals.ts";
import { noteGap } from "../../ledger/note-gap.ts";
import { writeInformBody } from "../three-x-ui/write-inform-body.ts";
import { type PostAnswer, type PostFailure, postBody } from "./post-body.ts";
import { type PushResult, pushUntil } from "./push-loop.ts";
import { parseReceiverUrl } from "./receiver-url.ts";
import type { InformSender } from "./sender.ts";
import { type SenderClock, systemClock } from "./sender-clock.ts";
import type { InformSenderEvent } from "./sender-event.ts";
import { StatusTeller } from "./status-teller.ts";
import { advance, type Position, positionAt, readPosition, writePosition } from "./three-x-ui-position.ts";

/** Options of {@link createThreeXUiSender}. */
export interface ThreeXUiSenderOptions {
  /** Whose usage is sent; stays open. */
  readonly ledger: Ledger;
  /** Which node, recorded in this ledger: a body of 3x-ui's does not name any. */
  readonly node: string;
  /** Where bodies are posted, whole: what 3x-ui calls the External Traffic Inform URI. */
  readonly url: string | URL;
  /** Keeps how far was posted. Where there is none yet, what flows from then on is. */
  readonly positionFile: string;
  /** Sent as `Authorization: Bearer`. @defaultValue nothing: the address may hold a key, as 3x-ui's does */
  readonly key?: string | undefined;
  /** Milliseconds from the end of a post to the next. @defaultValue 5000 */
  readonly intervalMs?: number | undefined;
  /** How long a post may take, in milliseconds; a stop waits for it. @defaultValue 3000 */
  readonly timeoutMs?: number | undefined;
  /** The pause where somebody has to do something, as after a wrong key, in milliseconds. @defaultValue 300_000 */
  readonly slowMs?: number | undefined;
  /** TLS, our own certificate included. Not together with `fetch`. */
  readonly tls?: TlsOptions | undefined;
  /** Sends in place of Node's client; all its failures count as losses, for they do not tell whether anything was sent. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Lets keys, names and bytes go unprotected to other machines. */
  readonly allowInsecure?: boolean | undefined;
  /** Time and chance. @defaultValue the machine's own */
  readonly clock?: SenderClock | undefined;
  /** Is told when the state changes, and of every loss. What it throws ends the post. */
  readonly onEvent?: ((event: InformSenderEvent) => void) | undefined;
}

/**
 * Makes a sender for receivers of 3x-ui's External Traffic Inform: posts what moved since the last post that was
 * acknowledged, in 3x-ui's own form. Such receivers add up what comes, so nothing is posted twice. A post that clearly
 * did not arrive is part of the next one; one that may have arrived is not, and stands in the gap book as `unproven`.
 * A 5xx but 503 is such a one.
 *
 * @throws TypeError or RangeError for wrong options; a key is not shown.
 */
export function createThreeXUiSender(options: ThreeXUiSenderOptions): InformSender {
  const { ledger, node, positionFile, key, tls, fetch, clock = systemClock, onEvent = () => {} } = options;
  const { intervalMs = 5000, timeoutMs = 3000, slowMs = 300_000, allowInsecure = false } = options;
  assertTimerMs({ intervalMs, timeoutMs, slowMs });
  const plainHttp = allowInsecure ? "anywhere" : "loopback";
  const url = parseReceiverUrl(options.url, { plainHttp });
  if (tls !== undefined) checkTls(tls);
  const headers = {
    "content-type": "application/json; charset=UTF-8",
    ...(key !== undefined && { authorization: `Bearer ${key.trim()}` }),
  };
  const teller = new StatusTeller(clock, onEvent);
  let position: Position | undefined;
  let [acknowledgedAt, bodies]: [Date | undefined, number] = [undefined, 0];
  let turn: Promise<unknown> = Promise.resolve();

  async function write(next: Position): Promise<void> {
    position = next;
    await writePosition(positionFile, next);
  }

  async function push(): Promise<PushResult> {
    try {
      return await post();
    } catch (error) {
      if (isStatsError(error) && !(error instanceof LedgerError)) throw error;
      if (error instanceof LedgerError && (error.reason === "closed" || error.reason === "schema-changed")) throw error;
      return { kind: "unreadable", error: error as Error };
    }
  }

  async function post(): Promise<PushResult> {
    position ??= await readPosition(positionFile, node);
    if (position?.pending !== undefined)
      await lose(position, new StatsError("connection-lost", "the sender ended before an answer came"));
    const totals = await readNodeTotals(ledger, node);
    const now = clock.now();
    const before = position;
    if (before === undefined || before.ledger !== totals.ledger) {
      if (before !== undefined) await loseUnknown(before, now);
      await write(positionAt(totals, node, now));
      return { kind: "current" };
    }
    const next = advance(before, totals, now);
    const body = writeInformBody(next.pending.deltas);
    if (body === undefined) return { kind: "current" };
    const moved = [...next.pending.deltas.values()].some((bytes) => bytes > 0n);
    if (moved) await write(next);
    // Never aborted half way: then nobody would know.
    const result = await postBody(url, { body, headers, timeoutMs, tls, fetch, plainHttp });
    if (result.kind === "accepted") {
      [acknowledgedAt, bodies] = [clock.now(), bodies + 1];
      if (moved) await write({ ...next, pending: undefined });
      return { kind: "current" };
    }
    const failed = failureOf(url, result);
    if (moved && mayHaveArrived(result)) await lose(next, failed.error);
    else if (moved) await write(before);
    return failed;
  }

  /** Writes down that a post may not have arrived. */
  async function lose(at: Position, error: Error): Promise<void> {
    const { id, from, to, deltas } = at.pending as NonNullable<Position["pending"]>;
    const bound = Array.from(deltas, ([name, value]) => ({ name, value })).filter(({ value }) => value > 0n);
    await noteGap(ledger, { id, node, cause: "unproven", from, to, bound });
    await write({ ...at, pending: undefined });
    onEvent({ kind: "loss", at: clock.now(), node, error });
  }

  /** The ledger was restored: what was posted of it cannot be told. */
  async function loseUnknown({ at: from }: Position, to: Date): Promise<void> {
    await noteGap(ledger, { id: randomUUID(), node, cause: "unproven", from, to, bound: "unknown" });
    const error = new LedgerError("other-ledger", `${node} is recorded by another ledger than before`);
    onEvent({ kind: "loss", at: to, node, error });
  }

  function pushOnce(): Promise<PushResult> {
    const pushed = turn.then(async () => teller.after(await push()));
    turn = pushed.catch(() => undefined);
    return pushed;
  }

  return {
    pushOnce,
    async run(signal) {
      try {
        await pushUntil(signal, pushOnce, { intervalMs, slowMs, lastPushMs: timeoutMs, clock });
      } finally {
        teller.set("stopped", teller.error);
      }
    },
    state: () => ({ status: teller.status, error: teller.error, acknowledgedAt, bodies, aside: 0, refused: [] }),
  };
}

type Failed = Exclude<PushResult, { kind: "current" }>;

/** A gateway that gives up, or a receiver that fails half way, may have booked it. */
function mayHaveArrived(result: PostAnswer | PostFailure): boolean {
  return result.kind === "failed" ? result.sent === "maybe" : result.status >= 500 && result.status !== 503;
}

function failureOf({ host }: URL, result: PostAnswer | PostFailure): Failed {
  if (result.kind === "failed") return { kind: "unavailable", error: result.error };
  const { status, retryAfterMs } = result;
  const text = `${host} did not take a post (${status})`;
  if (result.kind === "retry") return { kind: "unavailable", error: new StatsError("no-answer", text), retryAfterMs };
  if (result.kind === "authentication")
    return {
      kind: "denied",
      error: new StatsError("bad-config", text, { advice: "Is the key in the address or the header the right one?" }),
    };
  if (result.kind === "refused")
    return {
      kind: "blocked",
      error: new StatsError("malformed", text, { advice: "Is it a receiver of 3x-ui's bodies?" }),
    };
  const advice = "Check the address; redirects are not followed.";
  return { kind: "wrong-address", error: new StatsError("wrong-protocol", text, { advice }) };
}
