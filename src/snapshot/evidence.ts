/** Figures of a core's Go runtime, from `GetSysStats`. All but `goroutines` and the heap's live part only grow while the process lives. */
export interface SysStats {
  /** Goroutines running now. */
  readonly goroutines: number;
  /** Finished garbage collections. */
  readonly gcCycles: number;
  /** Bytes of live and not yet collected heap objects. */
  readonly allocBytes: bigint;
  /** Bytes ever allocated on the heap. */
  readonly totalAllocBytes: bigint;
  /** Bytes obtained from the operating system. */
  readonly sysBytes: bigint;
  /** Heap objects ever allocated. */
  readonly mallocs: bigint;
  /** Heap objects ever freed. */
  readonly frees: bigint;
  /** Heap objects alive. */
  readonly liveObjects: bigint;
  /** Nanoseconds ever spent in stop-the-world pauses. */
  readonly pauseTotalNs: bigint;
  /** Whole seconds since the core's stats service was made. */
  readonly uptimeSeconds: number;
}

/** Which program answers: found by asking it, `unknown` where the answers fit none. */
export type CoreKind = "v2ray4" | "v2ray5" | "xray" | "sing-box" | "unknown";

/** One instant by every clock of the reading machine. */
export interface Instant {
  /** Wall clock. */
  readonly at: Date;
  /** Milliseconds of the reading process' own monotonic clock; compare only within one process. */
  readonly monotonicMs: number;
  /** Milliseconds since the machine booted, sleep included; compare only where `bootId` is the same. */
  readonly sinceBootMs: number;
}

/** What is known of a reading beyond its values: enough to tell later whether the core restarted in between. */
export interface SnapshotEvidence {
  /** `core`: read from a core by this process. `json`: restored, or made by the caller; never to be booked. */
  readonly origin: "core" | "json";
  /** The core's address as it was given. */
  readonly endpoint: string;
  /** Which program answered. */
  readonly kind: CoreKind;
  /** Random, one for each process that reads. */
  readonly readerId: string;
  /** The machine's boot, where it tells; `undefined` elsewhere than Linux. */
  readonly bootId: string | undefined;
  /** Before the first call of the reading. */
  readonly started: Instant;
  /** After the last call of the reading. */
  readonly ended: Instant;
  /** The core's own figures before its counters were read. */
  readonly sysBefore: SysStats;
  /** The same figures after. */
  readonly sysAfter: SysStats;
}
