import { StatsError } from "../errors/stats-error.ts";
import type { Counter } from "./counter.ts";
import type { CoreKind, Instant, SnapshotEvidence, SysStats } from "./evidence.ts";

/** A snapshot as plain JSON data. */
export interface SnapshotJson {
  /** The form's version. */
  readonly version: 1;
  /** Which core, when, by which clocks; counts beyond 32 bits as decimal strings, times as ISO 8601. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Every counter, bytes as a decimal string. */
  readonly counters: readonly CounterJson[];
}

/** A counter as plain JSON data. */
export interface CounterJson {
  /** Its whole name. */
  readonly name: string;
  /** Bytes, decimal. */
  readonly value: string;
}

const wideSys = [
  "allocBytes",
  "totalAllocBytes",
  "sysBytes",
  "mallocs",
  "frees",
  "liveObjects",
  "pauseTotalNs",
] as const;
const narrowSys = ["goroutines", "gcCycles", "uptimeSeconds"] as const;
const kinds: readonly CoreKind[] = ["v2ray4", "v2ray5", "xray", "sing-box", "unknown"];

export function snapshotJson(counters: readonly Counter[], evidence: SnapshotEvidence): SnapshotJson {
  return {
    version: 1,
    evidence: evidenceJson(evidence),
    counters: counters.map(({ name, value }) => ({ name, value: value.toString() })),
  };
}

/** Evidence as plain JSON data. */
export function evidenceJson(evidence: SnapshotEvidence): Readonly<Record<string, unknown>> {
  const { origin: _, started, ended, sysBefore, sysAfter, ...rest } = evidence;
  return {
    ...rest,
    started: { ...started, at: started.at.toISOString() },
    ended: { ...ended, at: ended.at.toISOString() },
    sysBefore: sysJson(sysBefore),
    sysAfter: sysJson(sysAfter),
  };
}

function sysJson(sys: SysStats): Record<string, unknown> {
  return { ...sys, ...Object.fromEntries(wideSys.map((key) => [key, sys[key].toString()])) };
}

export function parseSnapshotJson(json: unknown): { counters: Counter[]; evidence: SnapshotEvidence } {
  const root = record(json, "snapshot");
  if (root.version !== 1) throw malformed("version", "1");
  const counters = root.counters;
  if (!Array.isArray(counters)) throw malformed("counters", "an array");
  return {
    counters: Array.from(counters, (counter: unknown, index) => parseCounter(counter, `counters[${index}]`)),
    evidence: parseEvidence(root.evidence, "evidence"),
  };
}

/** Reads what `evidenceJson` gave; its origin is `json` from then on. */
export function parseEvidence(json: unknown, path: string): SnapshotEvidence {
  const evidence = record(json, path);
  const kind = kinds.find((known) => known === evidence.kind);
  if (kind === undefined) throw malformed(`${path}.kind`, kinds.join(", "));
  return {
    origin: "json",
    kind,
    endpoint: text(evidence.endpoint, `${path}.endpoint`),
    readerId: text(evidence.readerId, `${path}.readerId`),
    bootId: evidence.bootId === undefined ? undefined : text(evidence.bootId, `${path}.bootId`),
    started: parseInstant(evidence.started, `${path}.started`),
    ended: parseInstant(evidence.ended, `${path}.ended`),
    sysBefore: parseSys(evidence.sysBefore, `${path}.sysBefore`),
    sysAfter: parseSys(evidence.sysAfter, `${path}.sysAfter`),
  };
}

function parseCounter(json: unknown, path: string): Counter {
  const counter = record(json, path);
  return { name: text(counter.name, `${path}.name`), value: wide(counter.value, `${path}.value`, 63) };
}

function parseInstant(json: unknown, path: string): Instant {
  const instant = record(json, path);
  const at = new Date(text(instant.at, `${path}.at`));
  // Date takes much for a time, "1" too.
  if (Number.isNaN(at.getTime()) || at.toISOString() !== instant.at) {
    throw malformed(`${path}.at`, "a time as in 2000-01-31T23:59:59.999Z");
  }
  return {
    at,
    monotonicMs: number(instant.monotonicMs, `${path}.monotonicMs`),
    sinceBootMs: number(instant.sinceBootMs, `${path}.sinceBootMs`),
  };
}

function parseSys(json: unknown, path: string): SysStats {
  const sys = record(json, path);
  const entries = [
    ...narrowSys.map((key) => [key, count(sys[key], `${path}.${key}`)]),
    ...wideSys.map((key) => [key, wide(sys[key], `${path}.${key}`)]),
  ];
  return Object.fromEntries(entries) as SysStats;
}

function record(json: unknown, path: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw malformed(path, "an object");
  return json as Record<string, unknown>;
}

function text(json: unknown, path: string): string {
  if (typeof json !== "string" || !json.isWellFormed()) throw malformed(path, "a string");
  return json;
}

function number(json: unknown, path: string): number {
  if (typeof json !== "number" || !Number.isFinite(json)) throw malformed(path, "a number");
  return json;
}

function count(json: unknown, path: string): number {
  if (!Number.isSafeInteger(json) || (json as number) < 0) throw malformed(path, "a whole number, not negative");
  return json as number;
}

function wide(json: unknown, path: string, bits = 64): bigint {
  if (typeof json !== "string" || !/^\d{1,20}$/.test(json)) throw malformed(path, "a decimal string");
  const value = BigInt(json);
  if (BigInt.asUintN(bits, value) !== value) throw malformed(path, `below 2^${bits}`);
  return value;
}

function malformed(path: string, expected: string): StatsError {
  return new StatsError("malformed", `not a snapshot: ${path} must be ${expected}`, {
    advice: "Pass what JSON.parse gives for the text of JSON.stringify(snapshot).",
  });
}
