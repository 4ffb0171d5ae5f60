import * as v from "valibot";
import type {
  InterfaceTraffic,
  KeyTraffic,
  KeyTrafficStats,
  ManagerGeneration,
  ManagerTime,
  SystemSummary,
  TrafficReset,
  TrafficStats,
  TrafficStatus,
} from "../traffic-stats.ts";
import {
  anyKey,
  bestTime,
  type EntrySurroundings,
  interfaceTraffic,
  isEstimate,
  joinKeys,
  noKey,
  readKeyTraffic,
  understandKeyTraffic,
} from "./key-traffic.ts";
import { count, entries, flag, optionalBytes, ornament, readBytes, readCount, text, time } from "./tolerant-values.ts";
import { member, views } from "./views.ts";

/** What a body tells, without what the client adds of its own. */
export type BodyOf<Answer> = Omit<Answer, "generation" | "receivedAt" | "stale">;

/** A body in the form of one generation, read into the form of all. */
export type BodySchema<Answer> = v.GenericSchema<unknown, BodyOf<Answer>>;

// A total is only a total where it is a number: generation `exact` writes "716.80 KB".
const total: v.GenericSchema<unknown, bigint | undefined> = v.pipe(v.unknown(), v.transform(readBytes));

interface ListParts {
  readonly keys: readonly KeyTraffic[];
  readonly totalBytes?: bigint | null | undefined;
  readonly totalConnections?: number | null | undefined;
  readonly takenAt: ManagerTime | undefined;
  readonly source?: string | null | undefined;
  readonly method?: string | null | undefined;
}

function listOf({ keys, totalBytes, totalConnections, takenAt, source, method }: ListParts): BodyOf<TrafficStats> {
  const measured = keys.filter((key) => key.kind === "traffic");
  return {
    keys,
    totalBytes: totalBytes ?? measured.reduce((sum, key) => sum + key.totalBytes, 0n),
    totalConnections: totalConnections ?? undefined,
    takenAt,
    estimated: measured.length > 0 ? measured.some((key) => key.estimated) : isEstimate(source, method),
  };
}

const portData = v.object({
  ports: entries,
  total_connections: count,
  total_bytes: ornament(total),
  timestamp: time,
  source: text,
  method: text,
});

function listOfPorts(data: v.InferOutput<typeof portData>, outerTime?: ManagerTime | null): BodyOf<TrafficStats> {
  const takenAt = bestTime(data.timestamp, outerTime);
  const keys = Array.from(data.ports, ([port, input]) =>
    readKeyTraffic(input, { key: { ...noKey, port: readCount(port) }, takenAt }),
  );
  const { total_bytes: totalBytes, total_connections: totalConnections, source, method } = data;
  return listOf({ keys, totalBytes, totalConnections, takenAt, source, method });
}

const simpleList: BodySchema<TrafficStats> = v.pipe(
  v.object({ data: portData, timestamp: time }),
  v.transform(({ data, timestamp }) => listOfPorts(data, timestamp)),
);

// `data.ports`, or `ports` alone.
const newestList: BodySchema<TrafficStats> = v.union([
  simpleList,
  v.pipe(
    portData,
    v.transform((data) => listOfPorts(data)),
  ),
]);

interface KeyNumbers extends EntrySurroundings {
  readonly numbers: ReadonlyMap<string, unknown>;
}

/** The numbers of one key are the whole answer: where they make no sense, nothing does. */
function keyAnswer(parts: v.GenericSchema<unknown, KeyNumbers>): BodySchema<KeyTrafficStats> {
  return v.pipe(
    parts,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const traffic = understandKeyTraffic(Object.fromEntries(dataset.value.numbers), dataset.value);
      if (typeof traffic !== "string") {
        return { traffic, takenAt: traffic.takenAt, estimated: traffic.kind === "failed" || traffic.estimated };
      }
      addIssue({ message: traffic });
      return NEVER;
    }),
  );
}

/** `{ key, <numbers>, timestamp }`: the generations differ in the name of the numbers. */
function keyAndNumbers(name: string): BodySchema<KeyTrafficStats> {
  const takenAt = member("timestamp", time);
  return keyAnswer(views({ key: member("key", anyKey), numbers: member(name, entries), takenAt }));
}

const portEntry = views({ key: anyKey, numbers: member("traffic", v.unknown()) });

const portExactList: BodySchema<TrafficStats> = v.pipe(
  v.object({
    ports_traffic: v.object({
      ports_traffic: entries,
      total_traffic: ornament(total),
      total_connections: count,
      timestamp: time,
    }),
    timestamp: time,
  }),
  v.transform(({ ports_traffic: data, timestamp }) => {
    const takenAt = bestTime(data.timestamp, timestamp);
    const keys = Array.from(data.ports_traffic, ([uuid, input]) => {
      const { key, numbers } = v.parse(portEntry, input);
      return readKeyTraffic(numbers, { key: joinKeys({ ...noKey, uuid }, key), takenAt });
    });
    return listOf({ keys, totalBytes: data.total_traffic, totalConnections: data.total_connections, takenAt });
  }),
);

const keysStats = v.object({ keys_stats: v.array(v.unknown()) });
const exactList: BodySchema<TrafficStats> = v.pipe(
  v.object({
    // The server nests two levels, the Python client read one.
    traffic_stats: v.union([
      v.pipe(
        v.object({ traffic_stats: keysStats, timestamp: time }),
        v.transform(({ traffic_stats: inner, timestamp }) => ({ ...inner, timestamp })),
      ),
      v.object({ ...keysStats.entries, timestamp: time }),
    ]),
    timestamp: time,
  }),
  v.transform(({ traffic_stats: stats, timestamp }) => {
    const takenAt = bestTime(stats.timestamp, timestamp);
    return listOf({ keys: stats.keys_stats.map((input) => readKeyTraffic(input, { key: noKey, takenAt })), takenAt });
  }),
);

/** How the answer for all keys looks in each generation. */
export const listSchemas: Readonly<Record<ManagerGeneration, BodySchema<TrafficStats>>> = {
  simple: simpleList,
  "port-exact": portExactList,
  exact: exactList,
  newest: newestList,
};

/** How the answer for one key looks in each generation. */
export const keySchemas: Readonly<Record<ManagerGeneration, BodySchema<KeyTrafficStats>>> = {
  simple: keyAndNumbers("traffic"),
  "port-exact": keyAndNumbers("port_traffic"),
  exact: keyAndNumbers("traffic_bytes"),
  newest: keyAnswer(views({ key: anyKey, numbers: entries })),
};

/** The answer to a reset, in every generation; refused where it does not say that it succeeded. */
export const resetSchema: BodySchema<TrafficReset> = v.pipe(
  v.object({
    status: text,
    success: flag,
    message: text,
    previous_total: ornament(total),
  }),
  v.check(
    ({ status, success, message }) =>
      status === "success" || success === true || /reset successfully/i.test(message ?? ""),
    "it does not say that the reset succeeded",
  ),
  v.transform(({ message, previous_total }) => ({
    message: message ?? undefined,
    previousTotalBytes: previous_total ?? undefined,
  })),
);

const statusEntry = views({ key: anyKey, numbers: member("simple_traffic", v.unknown()) });

/** The answer of `/traffic/status`. */
export const statusSchema: BodySchema<TrafficStatus> = v.pipe(
  v.object({
    total_keys: count,
    active_keys: count,
    traffic_stats: v.array(v.unknown()),
    timestamp: time,
    source: text,
    method: text,
  }),
  v.transform((body) => {
    const keys = body.traffic_stats.map((input) => {
      const { key, numbers } = v.parse(statusEntry, input);
      return readKeyTraffic(numbers, { key, takenAt: body.timestamp });
    });
    const { estimated } = listOf({ ...body, keys, takenAt: undefined });
    return {
      totalKeys: body.total_keys ?? undefined,
      activeKeys: body.active_keys ?? undefined,
      keys,
      takenAt: bestTime(body.timestamp, ...keys.map((key) => key.takenAt)),
      estimated,
    };
  }),
);

/** The answer of `/system/traffic/summary`. */
export const summarySchema: BodySchema<SystemSummary> = v.pipe(
  v.object({
    summary: v.object({
      total_system_traffic: optionalBytes,
      active_ports: count,
      interface_summary: interfaceTraffic,
      timestamp: time,
    }),
    timestamp: time,
  }),
  v.transform(({ summary, timestamp }) => ({
    totalBytes: summary.total_system_traffic ?? sumOf(summary.interface_summary),
    activePorts: summary.active_ports ?? undefined,
    interfaces: summary.interface_summary,
    takenAt: bestTime(summary.timestamp, timestamp),
  })),
);

function sumOf(interfaces: readonly InterfaceTraffic[]): bigint {
  return interfaces.reduce((sum, each) => sum + each.totalBytes, 0n);
}
