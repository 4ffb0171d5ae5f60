import { userInfo } from "node:os";
import type { Command } from "commander";
import type { Ledger } from "../../ledger/ledger.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, withLedgerToChange } from "../ledger-options.ts";
import { formatJson, oneLine } from "../output-forms.ts";
import { UsageError } from "../usage-error.ts";

/** What every correction takes. */
export interface CorrectionFlags {
  readonly db: string;
  readonly reason: string;
  readonly author?: string | undefined;
  readonly json?: true | undefined;
}

/** Adds the flags of {@link CorrectionFlags} to a command. */
export function correction(command: Command): Command {
  return command
    .requiredOption(...dbFlag)
    .requiredOption("--reason <text>", "why, for whoever reads the books")
    .option("--author <name>", "who says so (default: the user of this system)");
}

/** What a correction did, for a person and for a program. */
export interface Corrected {
  readonly text: string;
  readonly json: object;
}

/** Writes a correction into a ledger that is there, and says what was written. */
export async function correct(
  context: CliContext,
  { db, reason, author, json }: CorrectionFlags,
  write: (ledger: Ledger, signed: { readonly reason: string; readonly author: string }) => Promise<Corrected>,
): Promise<void> {
  const signed = { reason, author: author ?? systemUser() };
  const done = await withLedgerToChange(db, (ledger) => write(ledger, signed)).catch((error: unknown) => {
    // A name that is empty, a number that does not fit.
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  });
  await print(context, `${json ? formatJson(done.json) : oneLine(done.text)}\n`);
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under an id that has no name.
    throw new UsageError("this system's user has no name; say who you are with --author");
  }
}
