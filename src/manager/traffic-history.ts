import type { ManagerKey, ManagerTime, ManagerTrafficAnswer } from "./traffic-stats.ts";

/** Bytes that the server booked over a time. */
export interface HistoryTraffic {
  /** Bytes from the users, rounded down; `undefined` where the server tells totals only. */
  readonly uplinkBytes: bigint | undefined;
  /** Bytes to the users, rounded down; `undefined` where the server tells totals only. */
  readonly downlinkBytes: bigint | undefined;
  /** Both, rounded down. */
  readonly totalBytes: bigint;
  /** Connections: the most at once for a day or month of a key, the server's sum otherwise. */
  readonly connections: number | undefined;
  /** Times the server looked and found traffic. */
  readonly sessions: number | undefined;
}

/** What the server booked for one key. */
export interface KeyHistory {
  /** Whose. */
  readonly key: ManagerKey;
  /** When it last had traffic. */
  readonly lastActivity: ManagerTime | undefined;
  /** Over the time that was asked for. */
  readonly traffic: HistoryTraffic;
  /** Day by day in the server's zone, under `YYYY-MM-DD`; empty in lists of keys. */
  readonly days: ReadonlyMap<string, HistoryTraffic>;
}

/** What the server booked for all keys since it began. */
export interface TrafficHistory extends ManagerTrafficAnswer {
  /** Keys in the history. */
  readonly totalKeys: number | undefined;
  /** Those that may be used. */
  readonly activeKeys: number | undefined;
  /** Over all keys. */
  readonly traffic: HistoryTraffic;
  /** One entry a key. */
  readonly keys: readonly KeyHistory[];
}

/** What the server booked for one key since it began. */
export interface KeyTrafficHistory extends ManagerTrafficAnswer, KeyHistory {}

/** What the server booked for all keys on a day. */
export interface DailyTraffic extends ManagerTrafficAnswer {
  /** `YYYY-MM-DD`, in the server's zone. */
  readonly date: string;
  /** Keys with traffic. */
  readonly activeKeys: number | undefined;
  /** Over all keys. */
  readonly traffic: HistoryTraffic;
}

/** What the server booked for all keys in a month. */
export interface MonthlyTraffic extends TrafficHistory {
  /** `YYYY-MM`, in the server's zone. */
  readonly yearMonth: string;
}

/** What the server booked for one key in a month. */
export interface KeyMonthlyTraffic extends KeyTrafficHistory {
  /** `YYYY-MM`, in the server's zone. */
  readonly yearMonth: string;
}

/** What a server said to a cleaning of its history. */
export interface HistoryCleanup {
  /** The server's words. */
  readonly message: string | undefined;
  /** Days that it kept. */
  readonly daysKept: number | undefined;
}
