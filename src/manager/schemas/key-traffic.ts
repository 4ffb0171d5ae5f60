import * as v from "valibot";
import type { InterfaceTraffic, KeyConnection, KeyTraffic, ManagerKey, ManagerTime } from "../traffic-stats.ts";
import { count, entries, flag, optionalBytes, ornament, rate, text, time } from "./tolerant-values.ts";
import { describeIssue } from "./views.ts";

/** What a generation says of a key, wherever it says it. */
export const managerKey: v.GenericSchema<unknown, ManagerKey> = v.pipe(
  v.object({
    id: text,
    key_id: text,
    uuid: text,
    key_uuid: text,
    name: text,
    key_name: text,
    port: count,
    short_id: text,
    created_at: time,
    is_active: flag,
  }),
  v.transform((key) => ({
    id: key.id ?? key.key_id ?? undefined,
    uuid: key.uuid ?? key.key_uuid ?? undefined,
    name: key.name ?? key.key_name ?? undefined,
    port: key.port ?? undefined,
    shortId: key.short_id ?? undefined,
    createdAt: key.created_at ?? undefined,
    isActive: key.is_active ?? undefined,
  })),
);

/** Nothing known of it. */
export const noKey: ManagerKey = v.parse(managerKey, {});

/** Whose the numbers are is welcome, but the numbers count without it. */
export const anyKey: v.GenericSchema<unknown, ManagerKey> = v.fallback(managerKey, noKey);

/** Two accounts of one key; where both tell, the first is right. */
export function joinKeys(first: ManagerKey, second: ManagerKey): ManagerKey {
  return {
    id: first.id ?? second.id,
    uuid: first.uuid ?? second.uuid,
    name: first.name ?? second.name,
    port: first.port ?? second.port,
    shortId: first.shortId ?? second.shortId,
    createdAt: first.createdAt ?? second.createdAt,
    isActive: first.isActive ?? second.isActive,
  };
}

const interfaceBytes = v.object({
  name: text,
  rx_bytes: optionalBytes,
  tx_bytes: optionalBytes,
  total_bytes: optionalBytes,
  timestamp: time,
});

function interfaceOf(name: string | undefined, input: unknown): InterfaceTraffic[] {
  const read = v.safeParse(interfaceBytes, input);
  if (!read.success) return [];
  const receivedBytes = read.output.rx_bytes ?? 0n;
  const sentBytes = read.output.tx_bytes ?? 0n;
  return [
    {
      name,
      receivedBytes,
      sentBytes,
      totalBytes: read.output.total_bytes ?? receivedBytes + sentBytes,
      takenAt: read.output.timestamp ?? undefined,
    },
  ];
}

/** One sum over the interfaces, as `simple` gives it, or an object of them by name, as `port-exact` does. */
export const interfaceTraffic: v.GenericSchema<unknown, readonly InterfaceTraffic[]> = v.pipe(
  entries,
  v.transform((members) =>
    members.has("rx_bytes")
      ? interfaceOf(undefined, Object.fromEntries(members))
      : Array.from(members, ([name, input]) => interfaceOf(name, input)).flat(),
  ),
);

const connections: v.GenericSchema<unknown, readonly KeyConnection[]> = v.pipe(
  v.array(v.fallback(v.nullable(v.object({ local: v.string(), remote: v.string(), state: v.string() })), null)),
  v.transform((list) => list.filter((each) => each !== null)),
);

/** The numbers of a key under all the names that generations give them. */
const entry = v.object({
  total_bytes: optionalBytes,
  total: optionalBytes,
  rx_bytes: optionalBytes,
  tx_bytes: optionalBytes,
  uplink_bytes: optionalBytes,
  downlink_bytes: optionalBytes,
  uplink: optionalBytes,
  downlink: optionalBytes,
  upload: optionalBytes,
  download: optionalBytes,
  since: time,
  source: text,
  method: text,
  traffic_rate: rate,
  connections: count,
  connections_count: count,
  connections_error: text,
  connection_details: ornament(connections),
  interface_traffic: ornament(interfaceTraffic),
  timestamp: time,
  last_updated: time,
  error: text,
});

/** Whether the server proves that its numbers are a core's own counters. */
export function isEstimate(source: string | null | undefined, method: string | null | undefined): boolean {
  return source !== "stats_service" && source !== "xray_stats_api" && method !== "core_counters";
}

/** The first time that is an instant, or else the first. */
export function bestTime(...times: readonly (ManagerTime | null | undefined)[]): ManagerTime | undefined {
  return times.find((each) => each?.at) ?? times.find((each) => each) ?? undefined;
}

/** What the surroundings of an entry tell. */
export interface EntrySurroundings {
  readonly key: ManagerKey;
  readonly takenAt?: ManagerTime | null | undefined;
}

/**
 * A key's numbers in any generation's form.
 *
 * @returns What is wrong, where the entry makes no sense.
 */
export function understandKeyTraffic(input: unknown, around: EntrySurroundings): KeyTraffic | string {
  const read = v.safeParse(entry, input);
  if (!read.success) return describeIssue(read.issues);
  const raw = read.output;
  const key = joinKeys(around.key, v.parse(anyKey, input));
  const takenAt = bestTime(raw.timestamp, raw.last_updated, around.takenAt);
  if (raw.error) return { kind: "failed", key, error: raw.error, takenAt };
  const uplinkBytes = raw.uplink_bytes ?? raw.uplink ?? raw.upload ?? raw.rx_bytes ?? undefined;
  const downlinkBytes = raw.downlink_bytes ?? raw.downlink ?? raw.download ?? raw.tx_bytes ?? undefined;
  const both = uplinkBytes !== undefined && downlinkBytes !== undefined ? uplinkBytes + downlinkBytes : undefined;
  const totalBytes = raw.total_bytes ?? raw.total ?? both;
  if (totalBytes === undefined) return "no bytes in the entry";
  const estimated = isEstimate(raw.source, raw.method);
  const bytesPerSecond = raw.traffic_rate ?? undefined;
  return {
    kind: "traffic",
    key,
    uplinkBytes,
    downlinkBytes,
    totalBytes,
    since: raw.since ?? undefined,
    estimated,
    source: raw.source ?? undefined,
    method: raw.method ?? undefined,
    bytesPerSecond: estimated ? undefined : bytesPerSecond,
    interfaceBytesPerSecond: estimated ? bytesPerSecond : undefined,
    connections: raw.connections ?? raw.connections_count ?? undefined,
    connectionsError: raw.connections_error ?? undefined,
    connectionDetails: raw.connection_details ?? [],
    interfaces: raw.interface_traffic ?? [],
    takenAt,
  };
}

/** One of many: an entry that makes no sense fails alone, not the answer around it. */
export function readKeyTraffic(input: unknown, around: EntrySurroundings): KeyTraffic {
  const traffic = understandKeyTraffic(input, around);
  if (typeof traffic !== "string") return traffic;
  const key = joinKeys(around.key, v.parse(anyKey, input));
  return { kind: "failed", key, error: `not understood: ${traffic}`, takenAt: around.takenAt ?? undefined };
}
