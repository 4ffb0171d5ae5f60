import * as v from "valibot";
import type {
  DailyTraffic,
  HistoryCleanup,
  HistoryTraffic,
  KeyHistory,
  KeyMonthlyTraffic,
  KeyTrafficHistory,
  MonthlyTraffic,
  TrafficHistory,
} from "../traffic-history.ts";
import type { ManagerTime } from "../traffic-stats.ts";
import { bestTime, isEstimate, managerKey } from "./key-traffic.ts";
import { count, entries, given, optionalBytes, text, time } from "./tolerant-values.ts";
import type { BodyOf, BodySchema } from "./traffic-answers.ts";
import { member, views } from "./views.ts";

/** Booked bytes under the names of a sum over keys, of a day, and of a key. */
const traffic: v.GenericSchema<unknown, HistoryTraffic> = v.pipe(
  v.object({
    total_traffic_bytes: optionalBytes,
    total_rx_bytes: optionalBytes,
    total_tx_bytes: optionalBytes,
    total_bytes: optionalBytes,
    rx_bytes: optionalBytes,
    tx_bytes: optionalBytes,
    total_connections: count,
    max_connections: count,
    total_sessions: count,
    sessions: count,
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const raw = dataset.value;
    const uplinkBytes = raw.total_rx_bytes ?? raw.rx_bytes ?? undefined;
    const downlinkBytes = raw.total_tx_bytes ?? raw.tx_bytes ?? undefined;
    const both = uplinkBytes !== undefined && downlinkBytes !== undefined ? uplinkBytes + downlinkBytes : undefined;
    const totalBytes = raw.total_traffic_bytes ?? raw.total_bytes ?? both;
    if (totalBytes === undefined) {
      addIssue({ message: "expected a number of bytes" });
      return NEVER;
    }
    return {
      uplinkBytes,
      downlinkBytes,
      totalBytes,
      connections: raw.max_connections ?? raw.total_connections ?? undefined,
      sessions: raw.total_sessions ?? raw.sessions ?? undefined,
    };
  }),
);

const days: v.GenericSchema<unknown, ReadonlyMap<string, HistoryTraffic>> = v.pipe(
  entries,
  v.transform((members) => [...members]),
  v.array(v.tuple([v.string(), traffic])),
  v.transform((list) => new Map(list)),
);

const noDays: ReadonlyMap<string, HistoryTraffic> = new Map();

/** A key's history: whose it is stands beside the numbers. */
function keyHistory(total: string, byDay: string): v.GenericSchema<unknown, KeyHistory> {
  return views({
    key: managerKey,
    lastActivity: member("last_activity", given(time)),
    traffic: member(total, traffic),
    days: member(byDay, v.nullish(days, noDays)),
  });
}

const wholeHistory = keyHistory("total_traffic", "daily_stats");
const monthHistory = keyHistory("monthly_traffic", "daily_breakdown");

interface Origin {
  readonly estimated: boolean;
  readonly takenAt: ManagerTime | undefined;
}

const origin = v.object({ source: text, method: text, timestamp: time });

/** `{ data, timestamp }`: what the data tells, when that was, and whether it names a proven source. */
function dataAnswer<Data extends object>(
  data: v.GenericSchema<unknown, Data>,
): v.GenericSchema<unknown, Data & Origin> {
  return v.pipe(
    views({ data: member("data", data), origin: member("data", origin), timestamp: member("timestamp", time) }),
    v.transform((body) => ({
      ...body.data,
      estimated: isEstimate(body.origin.source, body.origin.method),
      takenAt: bestTime(body.origin.timestamp, body.timestamp),
    })),
  );
}

/** A list of keys; its sum stands beside them. */
function historyOfKeys(
  keys: v.GenericSchema<unknown, KeyHistory>,
): v.GenericSchema<unknown, Omit<BodyOf<TrafficHistory>, keyof Origin>> {
  return views({
    totalKeys: member("total_keys", given(count)),
    activeKeys: member("active_keys", given(count)),
    traffic,
    keys: member("keys", v.array(keys)),
  });
}

const yearMonth = member("year_month", v.string());

/** Adds the month that stands beside the rest of the data. */
function ofMonth<Data extends object>(
  data: v.GenericSchema<unknown, Data>,
): v.GenericSchema<unknown, Data & { readonly yearMonth: string }> {
  return v.pipe(
    views({ data, yearMonth }),
    v.transform((month) => ({ ...month.data, yearMonth: month.yearMonth })),
  );
}

/** The answer of `/traffic/history`. */
export const historySchema: BodySchema<TrafficHistory> = dataAnswer(historyOfKeys(wholeHistory));

/** The answer of `/keys/{id}/traffic/history`. */
export const keyHistorySchema: BodySchema<KeyTrafficHistory> = dataAnswer(wholeHistory);

/** The answer of `/traffic/monthly`. */
export const monthlySchema: BodySchema<MonthlyTraffic> = dataAnswer(ofMonth(historyOfKeys(monthHistory)));

/** The answer of `/keys/{id}/traffic/monthly`. */
export const keyMonthlySchema: BodySchema<KeyMonthlyTraffic> = dataAnswer(ofMonth(monthHistory));

/** The answer of `/traffic/daily/{date}`. */
export const dailySchema: BodySchema<DailyTraffic> = dataAnswer(
  views({ date: member("date", v.string()), activeKeys: member("active_keys", given(count)), traffic }),
);

/** The answer of `/traffic/history/cleanup`. */
export const cleanupSchema: v.GenericSchema<unknown, HistoryCleanup> = views({
  message: member("message", given(text)),
  daysKept: member("days_kept", given(count)),
});
