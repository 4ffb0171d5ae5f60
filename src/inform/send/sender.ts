import { assertTimerMs } from "../../internal/timer-ms.ts";
import type { TlsOptions } from "../../internal/tls-options.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { authorizeWith } from "./authorize-with.ts";
import { createHubClient } from "./hub-client.ts";
import { Outbox } from "./outbox.ts";
import { type PushResult, pushUntil } from "./push-loop.ts";
import { type SenderClock, systemClock } from "./sender-clock.ts";
import type { InformSenderEvent, InformSenderState } from "./sender-event.ts";
import { StatusTeller } from "./status-teller.ts";

/** The parts of a ledger that a sender uses. */
export type SentLedger = Pick<Ledger, "id" | "changes" | "reconcile">;

/** Options of {@link createInformSender}. */
export interface InformSenderOptions {
  /** What is sent; stays open. It may be recorded into meanwhile, by this process or others. */
  readonly ledger: SentLedger;
  /** The hub: `https://HOST`, with a path where it lies under one. */
  readonly hub: string | URL;
  /** The printed key, which is sent along, or the printed secret, with which bodies are signed. */
  readonly key: string;
  /** This node alone, and entries about no node. @defaultValue every node of the ledger */
  readonly node?: string | undefined;
  /** Milliseconds from the end of a push to the next; chance shortens it by up to a tenth. @defaultValue 5000 */
  readonly intervalMs?: number | undefined;
  /** The largest body, in bytes before compression; a single row may be larger. @defaultValue 4_194_304 */
  readonly maxBodyBytes?: number | undefined;
  /** How bodies are compressed; `auto`: the best that this Node has and the hub takes. @defaultValue "auto" */
  readonly encoding?: "auto" | "zstd" | "gzip" | "none" | undefined;
  /** TLS, our own certificate included. Not together with `fetch`. */
  readonly tls?: TlsOptions | undefined;
  /** How long one request may take, in milliseconds. @defaultValue 30_000 */
  readonly timeoutMs?: number | undefined;
  /** How long the push at the end may take, in milliseconds. @defaultValue 5000 */
  readonly lastPushMs?: number | undefined;
  /** The pause where somebody has to do something, as after a wrong key, in milliseconds. @defaultValue 300_000 */
  readonly slowMs?: number | undefined;
  /** Sends in place of Node's client; it must not follow redirects by itself. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Lets keys, names and bytes go unprotected to other machines: for networks that are protected themselves. */
  readonly allowInsecure?: boolean | undefined;
  /**
   * Where bodies are kept that the hub will never take, at most a thousand; see `resendRefused`. Without it, or where
   * it is full, the sender stops at such a body and tries it again: then as well nothing is lost.
   */
  readonly refusedDirectory?: string | undefined;
  /** Time and chance. @defaultValue the machine's own */
  readonly clock?: SenderClock | undefined;
  /** Is told when the state changes. What it throws ends the push. */
  readonly onEvent?: ((event: InformSenderEvent) => void) | undefined;
}

/** Sends a ledger's changes to a hub. */
export interface InformSender {
  /**
   * Pushes again and again until it is aborted, then once more, within `lastPushMs`. Nothing that goes wrong on the way
   * ends it.
   *
   * @throws {@link LedgerError} `closed` or `schema-changed` where the ledger must be opened anew.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Sends all that the hub does not hold yet. Pushes run one after the other.
   *
   * @returns What came of it; a hub that fails is an outcome too.
   */
  pushOnce(signal?: AbortSignal): Promise<PushResult>;
  /** How it stands. */
  state(): InformSenderState;
}

/**
 * Makes a sender: it asks the hub what it holds, then sends what changed since, in bodies of limited size, and goes on
 * with the next only when the hub has acknowledged one. The ledger itself is the outbox: an outage costs nothing, and
 * no file says how far it came, since the hub is asked at each start.
 *
 * @throws TypeError or RangeError for wrong options; a key is not shown.
 *
 * @example
 * ```ts
 * import { createInformSender } from "v2ray-stats/inform";
 * import { openSqliteLedger } from "v2ray-stats/ledger/sqlite";
 *
 * await using ledger = await openSqliteLedger("usage.db");
 * const key = process.env.V2RAY_STATS_KEY ?? "";
 * const sender = createInformSender({ ledger, hub: "https://hub.example", key, onEvent: console.log });
 * await sender.run(AbortSignal.timeout(60_000));
 * ```
 */
export function createInformSender(options: InformSenderOptions): InformSender {
  const { ledger, key, node, tls, fetch, refusedDirectory, clock = systemClock, onEvent = () => {} } = options;
  const { intervalMs = 5000, timeoutMs = 30_000, lastPushMs = 5000, slowMs = 300_000 } = options;
  const { maxBodyBytes = 4_194_304, encoding = "auto", allowInsecure = false } = options;
  assertTimerMs({ intervalMs, timeoutMs, lastPushMs, slowMs });
  if (!(Number.isSafeInteger(maxBodyBytes) && maxBodyBytes > 0))
    throw new RangeError(`maxBodyBytes must be a count above zero, not ${maxBodyBytes}`);
  const plainHttp = allowInsecure ? "anywhere" : "loopback";
  const authorize = authorizeWith(key);
  const hub = createHubClient({ hub: options.hub, authorize, encoding, timeoutMs, plainHttp, tls, fetch, clock });
  const teller = new StatusTeller(clock, onEvent);
  const outbox = new Outbox({ ledger, hub, node, maxBodyBytes, refusedDirectory, slowMs, clock, emit: onEvent });
  let turn: Promise<unknown> = Promise.resolve();

  function pushOnce(signal?: AbortSignal): Promise<PushResult> {
    const push = turn.then(async () => teller.after(await outbox.push(signal)));
    turn = push.catch(() => undefined);
    return push;
  }

  return {
    pushOnce,
    async run(signal) {
      try {
        await pushUntil(signal, pushOnce, { intervalMs, slowMs, lastPushMs, clock });
      } finally {
        hub.close();
        teller.set("stopped", teller.error);
      }
    },
    state: () => ({ status: teller.status, error: teller.error, ...outbox.figures() }),
  };
}
