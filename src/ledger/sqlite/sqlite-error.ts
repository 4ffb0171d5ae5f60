import { statSync } from "node:fs";
import { LedgerError, type LedgerErrorReason } from "../ledger-error.ts";

/** By SQLite's primary result code. Source: sqlite.org, rescode.html. */
const reasons = new Map<number, readonly [LedgerErrorReason, string]>([
  [5, ["busy", "Another process writes for long; try again, or look for one that hangs."]],
  [6, ["busy", "Another process writes for long; try again, or look for one that hangs."]],
  [8, ["unwritable", "Check the rights of the file and of its directory."]],
  [10, ["unwritable", "Check the disk; nothing of this write was kept."]],
  [11, ["not-a-ledger", "The file is damaged: restore it from a backup."]],
  [13, ["unwritable", "The disk is full: make room; nothing is lost, reading goes on where it stopped."]],
  [14, ["unwritable", "Check that the directory exists and that its rights let this user write."]],
  [19, ["not-recordable", "A value is beyond what the database holds; nothing of it was written."]],
  [26, ["not-a-ledger", "Name a file that this package made, or one that is not there yet."]],
]);

/** Whether another connection holds the database just now. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === 5;
}

/** Whether there is no such file, or none that may be opened. */
export function isUnopenable(error: unknown): boolean {
  return codeOf(error) === 14;
}

/** Whether something must be written that this process may not write. */
export function isUnwritable(error: unknown): boolean {
  return codeOf(error) === 8 || isUnopenable(error);
}

/** Our error for one of SQLite's; others stay as they are. */
export function sqliteError(error: unknown, file: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (isDirectory(file))
    return new LedgerError("not-a-ledger", `${file} is a directory`, { cause: error, advice: "Name a file in it." });
  const [reason, advice] = reasons.get(code) ?? (["not-a-ledger", undefined] as const);
  return new LedgerError(reason, `the ledger ${file}: ${(error as Error).message}`, { cause: error, advice });
}

function isDirectory(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    return false; // it is not there, or may not be looked at
  }
}

/** SQLite's primary result code; `undefined` of what is no error of SQLite's. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
}
