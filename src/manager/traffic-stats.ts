import type { ManagerError } from "./manager-error.ts";

/**
 * Which of its traffic APIs a server speaks: `simple` (2.0.0 to 2.3.2), `port-exact` and `exact` before it, `newest`
 * (`/keys/{id}/traffic`) after it.
 */
export type ManagerGeneration = "simple" | "port-exact" | "exact" | "newest";

/** A time as the server wrote it. */
export interface ManagerTime {
  /** As it was written: ISO 8601, or the digits of Unix seconds. */
  readonly text: string;
  /** The instant; `undefined` where the text names no zone and so means the server's own local time. */
  readonly at: Date | undefined;
}

/** How old an answer from memory is, and why there is no newer one. */
export interface StaleMark {
  /** Milliseconds since the answer came. */
  readonly ageMs: number;
  /** What went wrong now. */
  readonly error: ManagerError;
}

/** What every answer of a manager tells about itself. */
export interface ManagerAnswer {
  /** When the answer came, by our clock. */
  readonly receivedAt: Date;
  /** Set where this is the last good answer, from memory; only with the client's option `stale`. */
  readonly stale: StaleMark | undefined;
  /** The server's time for its numbers; `undefined` where it gives none. */
  readonly takenAt: ManagerTime | undefined;
}

/** What every answer about traffic tells about itself. */
export interface ManagerTrafficAnswer extends ManagerAnswer {
  /** Which API answered. */
  readonly generation: ManagerGeneration;
  /** False where the answer names a core's counters as the source of every number; true otherwise. Do not bill by estimates. */
  readonly estimated: boolean;
}

/** What is known of a key; generations tell different things. */
export interface ManagerKey {
  /** By what the server's paths know it; lists of traffic do not tell. */
  readonly id: string | undefined;
  /** The client's UUID, which is also its e-mail in the core's configuration. */
  readonly uuid: string | undefined;
  /** Free text, often an e-mail address. */
  readonly name: string | undefined;
  /** The key's own inbound port. */
  readonly port: number | undefined;
  /** Its short id, 16 hexadecimal digits. */
  readonly shortId: string | undefined;
  /** When it was made. */
  readonly createdAt: ManagerTime | undefined;
  /** Whether it may be used. */
  readonly isActive: boolean | undefined;
}

/** A TCP connection of a key, as `ss` prints it. */
export interface KeyConnection {
  /** Our side, such as `[::ffff:192.0.2.10]:10001`. */
  readonly local: string;
  /** The other side. */
  readonly remote: string;
  /** `ESTAB`, `LAST-ACK` or `CLOSE-WAIT`. */
  readonly state: string;
}

/** What a network interface of the server's host carried since it started: everything, not only a key's traffic. */
export interface InterfaceTraffic {
  /** The interface; `undefined` for the sum of those the server counts. */
  readonly name: string | undefined;
  /** Bytes received by the host. */
  readonly receivedBytes: bigint;
  /** Bytes sent by the host. */
  readonly sentBytes: bigint;
  /** Both. */
  readonly totalBytes: bigint;
  /** When it was read. */
  readonly takenAt: ManagerTime | undefined;
}

/** The traffic of one key. */
export interface MeasuredTraffic {
  /** There are numbers. */
  readonly kind: "traffic";
  /** Whose. */
  readonly key: ManagerKey;
  /** Bytes from the user, rounded down; `undefined` where the generation knows totals only. */
  readonly uplinkBytes: bigint | undefined;
  /** Bytes to the user, rounded down; `undefined` where the generation knows totals only. */
  readonly downlinkBytes: bigint | undefined;
  /** Both, rounded down. An estimate of `simple` is for the time since somebody last asked, not since creation. */
  readonly totalBytes: bigint;
  /** From when on the bytes count; `undefined` where the server does not say. */
  readonly since: ManagerTime | undefined;
  /** False where a core's counters are named as the source; true otherwise. */
  readonly estimated: boolean;
  /** Such as `simple_monitor` or `stats_service`. */
  readonly source: string | undefined;
  /** Such as `connection_based_estimation` or `core_counters`. */
  readonly method: string | undefined;
  /** The key's own rate; `undefined` with estimates, whose rate is the whole interface's. */
  readonly bytesPerSecond: number | undefined;
  /** The rate of the host's interfaces, which is what estimates call a rate; `undefined` otherwise. */
  readonly interfaceBytesPerSecond: number | undefined;
  /** TCP connections to the key's port; `undefined` where the server does not know. */
  readonly connections: number | undefined;
  /** Why the server does not know its connections; `undefined` where it does, or does not say. */
  readonly connectionsError: string | undefined;
  /** The connections one by one, where the server lists them. */
  readonly connectionDetails: readonly KeyConnection[];
  /** What the host's interfaces carried, where the server tells. */
  readonly interfaces: readonly InterfaceTraffic[];
  /** When the numbers were taken. */
  readonly takenAt: ManagerTime | undefined;
}

/** A key whose traffic the server could not tell, within an answer that otherwise succeeded. */
export interface FailedTraffic {
  /** There are no numbers. */
  readonly kind: "failed";
  /** Whose. */
  readonly key: ManagerKey;
  /** Why, in the server's words, or in ours where its entry makes no sense. */
  readonly error: string;
  /** When it was tried. */
  readonly takenAt: ManagerTime | undefined;
}

/** A key's traffic, or why there is none. */
export type KeyTraffic = MeasuredTraffic | FailedTraffic;

/** The traffic of all keys. */
export interface TrafficStats extends ManagerTrafficAnswer {
  /** One entry a key, in the server's order. */
  readonly keys: readonly KeyTraffic[];
  /** The server's total, or the sum where it gives none as a number. */
  readonly totalBytes: bigint;
  /** The server's total; `undefined` where it does not know. */
  readonly totalConnections: number | undefined;
}

/** The traffic of one key. */
export interface KeyTrafficStats extends ManagerTrafficAnswer {
  /** The numbers, or the server's reason for having none. */
  readonly traffic: KeyTraffic;
}

/** What a server said to a reset. */
export interface TrafficReset {
  /** Whose endpoint was asked. */
  readonly generation: ManagerGeneration;
  /** The server's words. */
  readonly message: string | undefined;
  /** The bytes before, where the server tells. */
  readonly previousTotalBytes: bigint | undefined;
}

/** All keys by the server's own status page. */
export interface TrafficStatus extends ManagerTrafficAnswer {
  /** All keys. */
  readonly totalKeys: number | undefined;
  /** Those that may be used. */
  readonly activeKeys: number | undefined;
  /** One entry an active key. */
  readonly keys: readonly KeyTraffic[];
}

/** What the host's interfaces carried. */
export interface SystemSummary extends ManagerAnswer {
  /** Since the interfaces started, both directions. */
  readonly totalBytes: bigint;
  /** Ports with a key. */
  readonly activePorts: number | undefined;
  /** One entry an interface. */
  readonly interfaces: readonly InterfaceTraffic[];
}
