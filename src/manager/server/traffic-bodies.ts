import { formatSize } from "../format-size.ts";
import { byteMembers, isoTime, unixTime } from "./body-values.ts";
import type { HostInterfaces, KeyRecord, Told } from "./key-meter.ts";
import type { ServedKey } from "./served-key.ts";

/** What names the numbers as a core's own. */
export const proof = { source: "stats_service", method: "core_counters" } as const;

/** A key as the manager tells it. */
export function keyBody(key: ServedKey): object {
  return {
    id: key.id,
    name: key.name,
    uuid: key.uuids[0] ?? null,
    created_at: key.createdAt ?? null,
    is_active: key.isActive,
    port: portOf(key),
    short_id: key.shortId,
  };
}

/** The answer for one key, `simple`. */
export function simpleKey(record: KeyRecord): object {
  return {
    status: "success",
    key: keyBody(record.key),
    traffic: entry(record),
    timestamp: isoTime(record.takenAt),
    ...proof,
    ...staleMembers(record),
  };
}

/** The answer for all keys, `simple`. */
export function simpleList(records: readonly KeyRecord[], now: Date): object {
  const takenAt = oldest(records, now);
  return {
    status: "success",
    data: {
      ports: Object.fromEntries(listNames(records).map(([name, record]) => [name, entry(record)])),
      total_connections: connectionsOfAll(records),
      total_bytes: bytesOfAll(records),
      timestamp: unixTime(takenAt),
      ...proof,
    },
    timestamp: isoTime(takenAt),
    ...proof,
    ...stalest(records),
  };
}

/** The answer for one key, `port exact`. */
export function portExactKey(record: KeyRecord): object {
  const { key, takenAt } = record;
  return {
    key: keyBody(key),
    port_traffic: entry(record),
    source: proof.source,
    timestamp: unixTime(takenAt),
    ...staleMembers(record),
  };
}

/** The answer for all keys, `port exact`. */
export function portExactList(records: readonly KeyRecord[], now: Date): object {
  const total = bytesOfAll(records);
  const holders = Map.groupBy(records, ({ key }) => key.uuids[0]);
  const ofKeys = records.map((record) => {
    const { key } = record;
    const [uuid] = key.uuids;
    // Of a UUID that lets several users in each would take the other's place.
    const name = uuid !== undefined && holders.get(uuid)?.length === 1 ? uuid : key.id;
    return [name, { port: portOf(key), key_name: key.name, traffic: entry(record) }] as const;
  });
  const timestamp = unixTime(oldest(records, now));
  return {
    ports_traffic: {
      total_ports: new Set(records.map(({ key }) => portOf(key))).size,
      ports_traffic: Object.fromEntries(ofKeys),
      total_traffic: total,
      total_connections: connectionsOfAll(records),
      timestamp,
      total_traffic_formatted: formatSize(total),
    },
    source: proof.source,
    timestamp,
    ...stalest(records),
  };
}

/** The answer for one key, `exact`. */
export function exactKey(record: KeyRecord): object {
  return {
    key: keyBody(record.key),
    traffic_bytes: exactEntry(record),
    source: proof.source,
    ...staleMembers(record),
  };
}

/** The answer for all keys, `exact`: as the server nested them, and one level up, where its client looks for them. */
export function exactList(records: readonly KeyRecord[], now: Date): object {
  const total_keys = records.length;
  const active_keys = records.filter(({ key }) => key.isActive).length;
  const total_traffic = formatSize(bytesOfAll(records));
  const keys_stats = records.map(exactEntry);
  const traffic_stats = {
    total_keys,
    active_keys,
    total_traffic,
    keys_stats,
    traffic_stats: { keys_stats },
    ...proof,
    timestamp: unixTime(oldest(records, now)),
  };
  return { total_keys, active_keys, total_traffic, traffic_stats, source: proof.source, ...stalest(records) };
}

/** The answer for one key, newest generation and its newest client. */
export function newestKey(record: KeyRecord): object {
  const { key, takenAt, uplink, downlink, since } = record;
  return {
    status: "success",
    key_id: key.id,
    key_uuid: key.uuids[0] ?? null,
    total_bytes: uplink + downlink,
    upload: uplink,
    download: downlink,
    total: uplink + downlink,
    since: since && isoTime(since),
    ...proof,
    last_updated: Math.floor(unixTime(takenAt)),
    timestamp: isoTime(takenAt),
    ...staleMembers(record),
  };
}

/** The page of all keys. */
export function statusPage(records: readonly KeyRecord[], keys: readonly ServedKey[], now: Date): object {
  return {
    total_keys: keys.length,
    active_keys: keys.filter(({ isActive }) => isActive).length,
    simple_monitor_available: true,
    traffic_stats: records.map((record) => ({
      key_id: record.key.id,
      key_name: record.key.name,
      uuid: record.key.uuids[0] ?? null,
      simple_traffic: entry(record),
      has_traffic_data: record.uplink + record.downlink > 0n,
    })),
    ...proof,
    timestamp: isoTime(oldest(records, now)),
    ...stalest(records),
  };
}

/** What the host's interfaces carried. */
export function summaryPage({ takenAt, list }: HostInterfaces, keys: readonly ServedKey[]): object {
  const total = list.reduce((sum, { receivedBytes, sentBytes }) => sum + receivedBytes + sentBytes, 0n);
  return {
    summary: {
      total_system_traffic: total,
      total_system_traffic_formatted: formatSize(total),
      active_ports: new Set(keys.filter(({ isActive }) => isActive).flatMap((key) => portOf(key) ?? [])).size,
      interface_summary: Object.fromEntries(
        list.map(({ name, receivedBytes, sentBytes }) => [name, byteMembers(receivedBytes, sentBytes)]),
      ),
      timestamp: unixTime(takenAt),
    },
    timestamp: isoTime(takenAt),
  };
}

/** By their ports; a key whose port others have as well, or that has none, by its id. */
function listNames(records: readonly KeyRecord[]): (readonly [string, KeyRecord])[] {
  return records.map((record) => {
    const { key, sharedBy } = record;
    const port = portOf(key);
    if (port !== null && sharedBy === 1) return [`${port}`, record];
    return [/^\d+$/.test(key.id) ? `id ${key.id}` : key.id, record];
  });
}

function entry(record: KeyRecord): object {
  const { key, uplink, downlink, connections, interfaces, rateOverMs, online, sharedBy } = record;
  return {
    port: portOf(key),
    connections: "value" in connections ? connections.value.count : null,
    connections_error: "reason" in connections ? connections.reason : undefined,
    ...byteMembers(uplink, downlink),
    uplink,
    downlink,
    since: record.since && isoTime(record.since),
    generation: record.generation,
    traffic_rate: record.bytesPerSecond,
    traffic_rate_seconds: rateOverMs === undefined ? undefined : rateOverMs / 1000,
    ...interfaceMembers(interfaces),
    connection_details: "value" in connections ? connections.value.details : [],
    port_shared_by: sharedBy > 1 ? sharedBy : undefined,
    online_addresses: online,
    timestamp: unixTime(record.takenAt),
    ...proof,
    uuid: key.uuids[0] ?? null,
    key_id: key.id,
    key_name: key.name,
    ...staleMembers(record),
  };
}

function exactEntry({ key, uplink, downlink, connections, takenAt, since }: KeyRecord): object {
  const count = "value" in connections ? connections.value.count : null;
  return {
    uuid: key.uuids[0] ?? null,
    key_id: key.id,
    key_name: key.name,
    connections: count,
    connections_count: count,
    ...byteMembers(uplink, downlink),
    uplink_bytes: uplink,
    downlink_bytes: downlink,
    uplink_formatted: formatSize(uplink),
    downlink_formatted: formatSize(downlink),
    uplink_mb: Number(uplink) / 1_048_576,
    downlink_mb: Number(downlink) / 1_048_576,
    total_mb: Number(uplink + downlink) / 1_048_576,
    since: since && isoTime(since),
    ...proof,
    timestamp: unixTime(takenAt),
  };
}

function interfaceMembers(told: Told<HostInterfaces>): object {
  if ("reason" in told) return { interface_error: told.reason };
  const { list, takenAt } = told.value;
  const received = list.reduce((sum, each) => sum + each.receivedBytes, 0n);
  const sent = list.reduce((sum, each) => sum + each.sentBytes, 0n);
  return {
    interface_traffic: {
      rx_bytes: received,
      tx_bytes: sent,
      total_bytes: received + sent,
      timestamp: unixTime(takenAt),
    },
  };
}

function staleMembers({ stale, takenAt }: KeyRecord): object {
  if (stale === undefined) return {};
  const age = stale.asOf && Math.max(0, (takenAt.getTime() - stale.asOf.getTime()) / 1000);
  return { stale: true, stale_age_seconds: age ?? null, stale_reason: stale.reason };
}

function stalest(records: readonly KeyRecord[]): object {
  const [record] = records
    .filter(({ stale }) => stale !== undefined)
    .sort((a, b) => (a.stale?.asOf?.getTime() ?? 0) - (b.stale?.asOf?.getTime() ?? 0));
  return record === undefined ? {} : staleMembers(record);
}

function oldest(records: readonly KeyRecord[], now: Date): Date {
  return new Date(records.reduce((ms, { takenAt }) => Math.min(ms, takenAt.getTime()), now.getTime()));
}

function bytesOfAll(records: readonly KeyRecord[]): bigint {
  return records.reduce((sum, { uplink, downlink }) => sum + uplink + downlink, 0n);
}

/** Each port once: keys that share one have the same connections. `null` where no port can be told. */
function connectionsOfAll(records: readonly KeyRecord[]): number | null {
  const counts = new Map<string, number>();
  for (const { key, connections } of records) {
    if ("value" in connections) counts.set(JSON.stringify(key.ports), connections.value.count);
  }
  return counts.size === 0 && records.length > 0 ? null : [...counts.values()].reduce((sum, each) => sum + each, 0);
}

function portOf({ ports }: ServedKey): number | null {
  return ports[0]?.from ?? null;
}
