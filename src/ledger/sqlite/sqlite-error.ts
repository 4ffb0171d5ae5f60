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
  [26, ["not-a-ledger", "Name a file that this package made, or one that is not there yet."]],
]);

/** Our error for one of SQLite's; others stay as they are. */
export function sqliteError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !("errcode" in error)) return error;
  const [reason, advice] = reasons.get(Number(error.errcode) & 0xff) ?? (["not-a-ledger", undefined] as const);
  return new LedgerError(reason, `the ledger ${file}: ${error.message}`, { cause: error, advice });
}
