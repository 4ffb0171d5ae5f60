import { Command } from "commander";
import type { StatementHead } from "../../ledger/read-statements.ts";
import { formatTable } from "../../report/format-table.ts";
import type { CliContext } from "../context.ts";
import { dbFlag, parseRange, type RangeFlags, withLedgerToRead } from "../ledger-options.ts";
import { formatCsvLine, formatJsonArray, oneLine, shortName } from "../output-forms.ts";
import { type FormFlags, type Forms, formOf, formOption, printRows, type TimeText } from "../table-form.ts";

interface ListFlags extends RangeFlags, FormFlags {
  readonly db: string;
}

export function statementsListCommand(context: CliContext): Command {
  return new Command("list")
    .description("List the statements. The command where no other is named.")
    .requiredOption(...dbFlag)
    .option("--from <time>", "those of periods that end after it")
    .option("--to <time>", "those of periods that begin before it")
    .option("--tz <zone>", "the time zone of --from, --to and the table", "UTC")
    .addOption(formOption())
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ListFlags>();
      const form = formOf(flags);
      const { from, to } = await parseRange(flags);
      const heads = await withLedgerToRead(flags.db, (ledger) => ledger.statements({ from, to }));
      await printRows(context, forms[form], heads, flags.tz);
    });
}

const forms: Forms<StatementHead> = {
  table: headTable,
  csv: headCsv,
  json: (heads) => formatJsonArray(heads.map(headJson)),
};

function headJson({ id, at, from, to, scope, subjects, node, reason, author, reopened }: StatementHead): object {
  return {
    ...{ id, at: at.toISOString(), from: from.toISOString(), to: to.toISOString(), scope },
    ...{ subjects: subjects ?? null, node: node ?? null, author, reason },
    reopened: reopened === undefined ? null : { ...reopened, at: reopened.at.toISOString() },
  };
}

function headCsv(heads: readonly StatementHead[]): string {
  const titles = ["id", "from", "to", "scope", "subjects", "node", "at", "author", "reason", "reopened_at"];
  const lines = heads.map(({ id, from, to, scope, subjects, node, at, author, reason, reopened }) => [
    ...[id, from.toISOString(), to.toISOString(), scope, subjects?.join(" ") ?? "", node ?? ""],
    ...[at.toISOString(), author, reason, reopened?.at.toISOString() ?? ""],
  ]);
  return [titles, ...lines].map(formatCsvLine).join("");
}

function headTable(heads: readonly StatementHead[], timeText: TimeText): string {
  if (heads.length === 0) return "no statements\n";
  const columns = ["ID", "FROM", "TO", "OF", "CLOSED"].map((title) => ({ title }));
  const rows = heads.map((head) => [
    head.id,
    timeText(head.from),
    timeText(head.to),
    whoseStatement(head),
    oneLine(`${timeText(head.at)} by ${head.author}: ${head.reason}${takenBack(head, timeText)}`),
  ]);
  return formatTable(columns, rows);
}

/** Whose usage a statement holds, for a person. */
export function whoseStatement({ scope, subjects, node }: Pick<StatementHead, "scope" | "subjects" | "node">): string {
  const [first = "", ...others] = subjects ?? [];
  const some = others.length === 0 ? `${scope} ${shortName(first)}` : `${others.length + 1} ${scope}s`;
  return `${subjects === undefined ? `all ${scope}s` : some}${node === undefined ? "" : ` on ${shortName(node)}`}`;
}

function takenBack({ reopened }: StatementHead, timeText: TimeText): string {
  if (reopened === undefined) return "";
  return `; taken back ${timeText(reopened.at)} by ${reopened.author}: ${reopened.reason}`;
}
