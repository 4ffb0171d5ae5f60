import { Command } from "commander";
import type { LedgerCorrection } from "../../ledger/list-corrections.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import type { CliContext } from "../context.ts";
import { dbFlag, parseRange, type RangeFlags, withLedgerToRead } from "../ledger-options.ts";
import { formatCsvLine, formatJsonArray, oneLine } from "../output-forms.ts";
import { type FormFlags, type Forms, formOf, formOption, printRows, type TimeText } from "../table-form.ts";
import { whoseStatement } from "./statements-list.ts";

interface ListFlags extends RangeFlags, FormFlags {
  readonly db: string;
}

export function adjustListCommand(context: CliContext): Command {
  return new Command("list")
    .description("List what people wrote into the ledger, the oldest first; statements, too.")
    .requiredOption(...dbFlag)
    .option("--from <time>", "what was written then or later")
    .option("--to <time>", "what was written before it")
    .option("--tz <zone>", "the time zone of --from, --to and the table", "UTC")
    .addOption(formOption())
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ListFlags>();
      const form = formOf(flags);
      const { from, to } = await parseRange(flags);
      const corrections = await withLedgerToRead(flags.db, (ledger) => ledger.corrections({ from, to }));
      await printRows(context, forms[form], corrections, flags.tz);
    });
}

const forms: Forms<LedgerCorrection> = {
  table(corrections, timeText) {
    if (corrections.length === 0) return "no corrections\n";
    const columns = ["WRITTEN", "KIND", "WHAT", "AUTHOR", "REASON"].map((title) => ({ title }));
    return formatTable(
      columns,
      corrections.map((each) => cellsOf(each, timeText).map(oneLine)),
    );
  },
  csv(corrections) {
    const lines = corrections.map((each) => [
      ...[each.id, ...cellsOf(each, utc), each.kind === "adjust" ? String(each.bytes) : ""],
    ]);
    return [["id", "at", "kind", "what", "author", "reason", "bytes"], ...lines].map(formatCsvLine).join("");
  },
  // Dates are written as ISO 8601 by themselves.
  json: (corrections) => formatJsonArray(corrections.map(jsonOf)),
};

function jsonOf(correction: LedgerCorrection): object {
  return correction.kind === "adjust" ? { ...correction, bytes: String(correction.bytes) } : correction;
}

function cellsOf(correction: LedgerCorrection, timeText: TimeText): string[] {
  const { at, author = "", reason = "" } = correction;
  const kind = correction.kind === "other" ? correction.name : correction.kind;
  return [timeText(at), kind, whatText(correction, timeText), author, reason];
}

/** What a correction says, in words. */
function whatText(said: LedgerCorrection, timeText: TimeText): string {
  switch (said.kind) {
    case "adjust": {
      const { bytes, direction, scope, subject } = said;
      const done = bytes < 0n ? `${formatBytes(-bytes)} taken from` : `${formatBytes(bytes)} added to`;
      return `${done} the ${direction} of ${scope} ${subject}${on(said)}, ${timeText(said.countsAt)}`;
    }
    case "settle":
      return `gap ${said.gap} as ${said.as}`;
    case "alias":
      return `${said.of} ${said.name} is shown as ${said.is}`;
    case "erase":
      return `a user is called ${said.pseudonym}`;
    case "retract":
      return `${said.node === undefined ? "all" : `node ${said.node}`} of ledger ${said.ledger}`;
    case "generation":
      return `${said.scope} ${said.subject} has generation ${said.generation}${on(said)}`;
    case "statement": {
      return `${said.id}: ${timeText(said.from)} to ${timeText(said.to)}, ${whoseStatement(said)}`;
    }
    case "reopen":
      return `statement ${said.statement} is taken back`;
    default:
      return "";
  }
}

function on({ node }: { readonly node: string | undefined }): string {
  return node === undefined ? "" : ` on ${node}`;
}

function utc(at: Date): string {
  return at.toISOString();
}
