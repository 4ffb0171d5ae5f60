import { existsSync } from "node:fs";
import { Option } from "commander";
import type { Ledger } from "../ledger/ledger.ts";
import type { SqliteLedgerOptions } from "../ledger/sqlite/open-sqlite-ledger.ts";
import { asUsageError, UsageError } from "./usage-error.ts";

/** The flag that names a ledger, for commander. */
export const dbFlag = ["--db <file|url>", "the ledger: a SQLite file, or postgres://…"] as const;

/** The time a command is about. */
export interface RangeFlags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly tz: string;
  readonly asOf?: string | undefined;
}

/** The flags of {@link RangeFlags}. */
export function rangeOptions(): Option[] {
  return [
    new Option("--from <time>", "beginning: 2026-03-29, 2026-03-29T01:30, or with a zone of its own"),
    new Option("--to <time>", "end, not included"),
    new Option("--tz <zone>", "the time zone, such as Asia/Kolkata").default("UTC"),
    new Option("--as-of <time>", "without corrections, gaps and settlements that were written later"),
  ];
}

/** The time that the flags mean. */
export async function parseRange({
  from,
  to,
  tz,
  asOf,
}: RangeFlags): Promise<{ from: Date | undefined; to: Date | undefined; asOf: Date | undefined }> {
  const { assertTimeZone } = await import("../usage/buckets.ts");
  const { parseZonedTime } = await import("../usage/zoned-time.ts");
  try {
    assertTimeZone(tz);
    const range = {
      from: from === undefined ? undefined : parseZonedTime(from, tz),
      to: to === undefined ? undefined : parseZonedTime(to, tz),
      asOf: asOf === undefined ? undefined : parseZonedTime(asOf, tz),
    };
    if (range.from && range.to && range.from > range.to) throw new RangeError("--from is after --to");
    return range;
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** Runs work with a ledger that is made where there is none. */
export async function withLedger<Result>(
  db: string,
  options: { readonly busyTimeoutMs?: number },
  work: (ledger: Ledger) => Promise<Result>,
): Promise<Result> {
  await using ledger = await openLedger(db, options);
  return await work(ledger);
}

/** Runs work with a ledger that is there, and only reads it: a running collector is not disturbed. */
export async function withLedgerToRead<Result>(db: string, work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
  assertThere(db);
  await using ledger = await openLedger(db, { readOnly: true });
  return await work(ledger);
}

/** Runs work with a ledger that is there, and changes it: a running collector goes on. */
export async function withLedgerToChange<Result>(
  db: string,
  work: (ledger: Ledger) => Promise<Result>,
): Promise<Result> {
  assertThere(db);
  return withLedger(db, {}, work);
}

/** A mistyped name must not make a new ledger. @throws UsageError where `--db` names a file that is not there. */
export function assertThere(db: string): void {
  if (!isUrl(db) && db !== "" && !existsSync(db))
    throw new UsageError(`there is no ledger ${db}; name the file that a collector or a hub writes`);
}

/** Opens what `--db` names. */
export async function openLedger(db: string, options: SqliteLedgerOptions): Promise<Ledger> {
  if (isPostgres(db)) {
    const { openPostgresUrl } = await import("../ledger/postgres/open-postgres-url.ts");
    return openPostgresUrl(db, { readOnly: options.readOnly }).catch((error: unknown) => {
      throw asUsageError(error);
    });
  }
  // It may hold a password, so it is not shown.
  if (db === "" || isUrl(db)) throw new UsageError("--db takes the name of a file, or postgres://…");
  // Only where a ledger is asked.
  const { openSqliteLedger } = await import("../ledger/sqlite/open-sqlite-ledger.ts").catch(tooOld);
  return openSqliteLedger(db, options);
}

function isPostgres(db: string): boolean {
  return /^postgres(ql)?:\/\//.test(db);
}

/** Whether `--db` names no file; then it may hold a password. */
export function isUrl(db: string): boolean {
  return /^\w+:\/\//.test(db);
}

/** Node.js came to SQLite late. */
function tooOld(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== "ERR_UNKNOWN_BUILTIN_MODULE") throw error;
  throw new UsageError(`a ledger in a file needs Node.js 22.13 or newer, this is ${process.version}`);
}
