import type { CallOptions } from "../../client/deadline.ts";
import type { OnlineIp } from "../../client/stats-client.ts";
import { isStatsError } from "../../errors/stats-error.ts";
import { deltaRates } from "../../snapshot/rates.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import { diffSnapshots } from "../../snapshot/track-snapshots.ts";
import type { ServedKey } from "./served-key.ts";
import { TimedCache } from "./timed-cache.ts";

/** The core whose keys are served; a `StatsClient` fits. */
export interface ManagerCore {
  /** Reads all counters. */
  snapshot(options: CallOptions): Promise<Snapshot>;
  /** The users online now, where the core is Xray. */
  onlineUsers?(options: CallOptions): Promise<readonly string[]>;
  /** The addresses that a user is online from, where the core is Xray. */
  onlineIps?(email: string, options: CallOptions): Promise<readonly OnlineIp[]>;
}

/** What a core shows right now, beside what the ledger holds. */
export type CoreReading =
  | {
      readonly kind: "live";
      readonly takenAt: Date;
      /** How long ago the reading before was that rates are from; `undefined` at the first one. */
      readonly rateOverMs: number | undefined;
      /** The addresses that a user is online from, none where they are not; `undefined` where the core cannot tell. */
      onlineOf(user: string): Promise<readonly string[] | undefined>;
      /** Bytes a second since the reading before, 0 where nothing moved; `undefined` at the first reading. */
      rateOf(counter: ServedKey["counter"]): number | undefined;
    }
  | {
      readonly kind: "down";
      readonly reason: string;
      /** When this process read it last; `undefined` where it never did. */
      readonly lastGoodAt: Date | undefined;
    };

/** Reads the core when it is asked, at most once a second. */
export class CoreReadings {
  readonly #core: ManagerCore;
  readonly #timeoutMs: number;
  readonly #cache = new TimedCache<CoreReading>({ maxAgeMs: 1000, most: 1 });
  #last: Snapshot | undefined;

  constructor(core: ManagerCore, timeoutMs: number) {
    this.#core = core;
    this.#timeoutMs = timeoutMs;
  }

  async read(): Promise<CoreReading> {
    return (await this.#cache.get("", () => this.#readAnew())).value;
  }

  async #readAnew(): Promise<CoreReading> {
    const before = this.#last;
    let snapshot: Snapshot;
    try {
      snapshot = await this.#core.snapshot({ timeoutMs: this.#timeoutMs });
    } catch (error) {
      const reason = isStatsError(error) ? error.code : "it failed";
      return { kind: "down", reason: `the core cannot be read: ${reason}`, lastGoodAt: before?.takenAt };
    }
    this.#last = snapshot;
    const delta = before && diffSnapshots(before, snapshot);
    // After another core's answer nothing is known of the time between.
    const rateOverMs = delta?.error === undefined && delta?.elapsedMs ? delta.elapsedMs : undefined;
    const rates = new Map<string, number>();
    for (const scope of ["user", "inbound"] as const) {
      for (const each of delta === undefined ? [] : deltaRates(delta, scope))
        rates.set(`${scope} ${each.subject}`, each.uplinkBytesPerSecond + each.downlinkBytesPerSecond);
    }
    const online = await this.#readOnline();
    return {
      kind: "live",
      takenAt: snapshot.takenAt,
      rateOverMs,
      onlineOf: (user) => this.#onlineOf(user, online),
      rateOf: ({ scope, subject }) => (rateOverMs === undefined ? undefined : (rates.get(`${scope} ${subject}`) ?? 0)),
    };
  }

  async #readOnline(): Promise<ReadonlySet<string> | undefined> {
    try {
      const users = await this.#core.onlineUsers?.({ timeoutMs: this.#timeoutMs });
      return users && new Set(users);
    } catch {
      // Only Xray tells, and the bytes are right without it.
      return undefined;
    }
  }

  /** One call for each user, so only those are asked for who are wanted. */
  async #onlineOf(user: string, online: ReadonlySet<string> | undefined): Promise<readonly string[] | undefined> {
    if (online?.has(user) !== true) return online && [];
    try {
      return (await this.#core.onlineIps?.(user, { timeoutMs: this.#timeoutMs }))?.map(({ ip }) => ip);
    } catch {
      return undefined;
    }
  }
}
