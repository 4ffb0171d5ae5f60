import { existsSync } from "node:fs";
import { Option } from "commander";
import type { Ledger } from "../ledger/ledger.ts";
import type { SqliteLedgerOptions } from "../ledger/sqlite/open-sqlite-ledger.ts";
import { UsageError } from "./usage-error.ts";

/** The flag that names a ledger, for commander. */
export const dbFlag = ["--db <file>", "the ledger, a SQLite file"] as const;

/** The time a command is about. */
export interface RangeFlags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly tz: string;
}

/** The flags of {@link RangeFlags}. */
export function rangeOptions(): Option[] {
  return [
    new Option("--from <time>", "beginning: 2026-03-29, 2026-03-29T01:30, or with a zone of its own"),
    new Option("--to <time>", "end, not included"),
    new Option("--tz <zone>", "the time zone, such as Asia/Kolkata").default("UTC"),
  ];
}

/** The time that the flags mean. */
export async function parseRange({
  from,
  to,
  tz,
}: RangeFlags): Promise<{ from: Date | undefined; to: Date | undefined }> {
  const { assertTimeZone } = await import("../usage/buckets.ts");
  const { parseZonedTime } = await import("../usage/zoned-time.ts");
  try {
    assertTimeZone(tz);
    const range = {
      from: from === undefined ? undefined : parseZonedTime(from, tz),
      to: to === undefined ? undefined : parseZonedTime(to, tz),
    };
    if (range.from && range.to && range.from > range.to) throw new RangeError("--from is after --to");
    return range;
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** Runs work with a ledger that is made where there is none. */
export async function withLedger<Result>(
  file: string,
  options: { readonly busyTimeoutMs?: number },
  work: (ledger: Ledger) => Promise<Result>,
): Promise<Result> {
  return withOpen(file, options, work);
}

/** Runs work with a ledger that is there, and only reads it: a running collector is not disturbed. */
export async function withLedgerToRead<Result>(
  file: string,
  work: (ledger: Ledger) => Promise<Result>,
): Promise<Result> {
  assertFile(file);
  if (!existsSync(file)) throw new UsageError(`there is no ledger ${file}; name the file that collect writes`);
  return withOpen(file, { readOnly: true }, work);
}

async function withOpen<Result>(
  file: string,
  options: SqliteLedgerOptions,
  work: (ledger: Ledger) => Promise<Result>,
): Promise<Result> {
  assertFile(file);
  // Only where a ledger is asked.
  const { openSqliteLedger } = await import("../ledger/sqlite/open-sqlite-ledger.ts");
  await using ledger = await openSqliteLedger(file, options);
  return await work(ledger);
}

function assertFile(file: string): void {
  // It may hold a password, so it is not shown.
  if (file === "" || /^\w+:\/\//.test(file)) throw new UsageError("--db takes the name of a file");
}
