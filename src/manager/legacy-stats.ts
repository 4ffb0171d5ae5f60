import { formatSize } from "./format-size.ts";
import type {
  InterfaceTraffic,
  KeyConnection,
  KeyTraffic,
  KeyTrafficStats,
  ManagerTime,
  TrafficStats,
} from "./traffic-stats.ts";

/** One port as the Python client's `get_key_traffic_stats` tells it; bytes are plain numbers, as they were there. */
export interface LegacyKeyStats {
  /** The client's UUID. */
  readonly uuid: string | null;
  /** The key's own port. */
  readonly port: number | null;
  /** `Unknown` where the server does not tell. */
  readonly key_name: string;
  /** Bytes from the user; 0 where unknown. */
  readonly uplink_bytes: number;
  /** Bytes to the user; 0 where unknown. */
  readonly downlink_bytes: number;
  /** Both; in a list the sum over all ports, as the Python client has it. */
  readonly total_bytes: number;
  /** Such as `60.00 KB`. */
  readonly uplink_formatted: string;
  /** Such as `60.00 KB`. */
  readonly downlink_formatted: string;
  /** Such as `120.00 KB`. */
  readonly total_formatted: string;
  /** In units of 1 048 576. */
  readonly uplink_mb: number;
  /** In units of 1 048 576. */
  readonly downlink_mb: number;
  /** In units of 1 048 576. */
  readonly total_mb: number;
  /** TCP connections; 0 where unknown. */
  readonly connections: number;
  /** Always 0. */
  readonly connection_ratio: number;
  /** The same as `connections`. */
  readonly connections_count: number;
  /** Unix seconds, or the server's text where it means no instant; in a list the whole answer's. */
  readonly timestamp: number | string;
  /** `simple_monitor` where the server does not tell. */
  readonly source: string;
  /** `connection_based_estimation` where the server does not tell. */
  readonly method: string;
  /** Bytes a second; 0 where unknown. */
  readonly traffic_rate: number;
  /** Of the host's interfaces together; empty where unknown. */
  readonly interface_traffic: LegacyInterfaceTraffic | Record<string, never>;
  /** The connections one by one. */
  readonly connection_details: readonly KeyConnection[];
}

/** The host's interfaces as the server tells them. */
export interface LegacyInterfaceTraffic {
  /** Bytes received by the host. */
  readonly rx_bytes: number;
  /** Bytes sent by the host. */
  readonly tx_bytes: number;
  /** Both. */
  readonly total_bytes: number;
  /** Unix seconds. */
  readonly timestamp: number | string;
}

/** One port as the Python client's `get_traffic_stats` tells it. */
export interface LegacyListedStats extends LegacyKeyStats {
  /** Over all ports. */
  readonly total_connections: number;
}

/**
 * Flattens an answer into the dicts of the Python client, for those who port code that reads them. It keeps that
 * client's ways: what is unknown is 0, a port that failed shows zeros, and in a list `total_bytes` and `timestamp` are
 * those of all ports together. New code should read the answer itself.
 *
 * @example
 * ```ts
 * import { ManagerClient, toLegacyStats } from "v2ray-stats/manager";
 *
 * const manager = new ManagerClient("http://127.0.0.1:8000", { apiKey: process.env.MANAGER_KEY ?? "" });
 * for (const { uuid, uplink_bytes, downlink_bytes } of toLegacyStats(await manager.getTrafficStats())) {
 *   console.log(uuid, uplink_bytes + downlink_bytes);
 * }
 * ```
 */
export function toLegacyStats(stats: TrafficStats): LegacyListedStats[];
/** The same of one key: one dict, as the Python client's `get_key_traffic_stats` gives it. */
export function toLegacyStats(stats: KeyTrafficStats): LegacyKeyStats;
export function toLegacyStats(stats: TrafficStats | KeyTrafficStats): LegacyListedStats[] | LegacyKeyStats {
  if ("traffic" in stats) return flatten(stats.traffic);
  return stats.keys.map((traffic) => ({
    ...flatten(traffic),
    total_bytes: Number(stats.totalBytes),
    timestamp: legacyTime(stats.takenAt),
    total_connections: stats.totalConnections ?? 0,
  }));
}

function flatten(traffic: KeyTraffic): LegacyKeyStats {
  const measured = traffic.kind === "traffic" ? traffic : undefined;
  const { uplinkBytes = 0n, downlinkBytes = 0n, totalBytes = 0n } = measured ?? {};
  const [uplink, downlink, total] = [Number(uplinkBytes), Number(downlinkBytes), Number(totalBytes)];
  return {
    uuid: traffic.key.uuid ?? null,
    port: traffic.key.port ?? null,
    key_name: traffic.key.name ?? "Unknown",
    uplink_bytes: uplink,
    downlink_bytes: downlink,
    total_bytes: total,
    uplink_formatted: formatSize(uplinkBytes),
    downlink_formatted: formatSize(downlinkBytes),
    total_formatted: formatSize(totalBytes),
    uplink_mb: uplink / 1_048_576,
    downlink_mb: downlink / 1_048_576,
    total_mb: total / 1_048_576,
    connections: measured?.connections ?? 0,
    connection_ratio: 0,
    connections_count: measured?.connections ?? 0,
    timestamp: legacyTime(traffic.takenAt),
    source: measured?.source ?? "simple_monitor",
    method: measured?.method ?? "connection_based_estimation",
    traffic_rate: measured?.bytesPerSecond ?? measured?.interfaceBytesPerSecond ?? 0,
    interface_traffic: legacyInterfaces(measured?.interfaces ?? []),
    connection_details: measured?.connectionDetails ?? [],
  };
}

function legacyTime(time: ManagerTime | undefined): number | string {
  if (time === undefined) return 0;
  if (/^\d+(\.\d*)?$/.test(time.text)) return Number(time.text);
  return time.at === undefined ? time.text : time.at.getTime() / 1000;
}

function legacyInterfaces(interfaces: readonly InterfaceTraffic[]): LegacyInterfaceTraffic | Record<string, never> {
  const [first] = interfaces;
  if (first === undefined) return {};
  const sum = (read: (each: InterfaceTraffic) => bigint): number =>
    Number(interfaces.reduce((total, each) => total + read(each), 0n));
  return {
    rx_bytes: sum((each) => each.receivedBytes),
    tx_bytes: sum((each) => each.sentBytes),
    total_bytes: sum((each) => each.totalBytes),
    timestamp: legacyTime(first.takenAt),
  };
}
