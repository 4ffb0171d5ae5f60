import { Command } from "commander";
import type { Ledger } from "../../ledger/ledger.ts";
import type { StatementRow } from "../../ledger/read-statements.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, withLedgerToRead } from "../ledger-options.ts";
import { formatCsvLine, formatJsonArray, oneLine, shortName } from "../output-forms.ts";
import { type FormFlags, type FormName, formOf, formOption } from "../table-form.ts";

export function statementsShowCommand(context: CliContext): Command {
  return rowsCommand(context, {
    command: new Command("show").description("Show the figures of a statement."),
    none: "no usage\n",
    read: async (ledger, id) => (await ledger.statement(id)).rows,
  });
}

export function statementsDifferencesCommand(context: CliContext): Command {
  return rowsCommand(context, {
    command: new Command("differences").description(
      "Show what the ledger holds of a closed period beyond its statement.",
    ),
    none: "no differences\n",
    read: (ledger, id) => ledger.statementDifferences(id),
  });
}

/** A command that shows rows of one statement. */
function rowsCommand(
  context: CliContext,
  shown: {
    readonly command: Command;
    readonly none: string;
    readonly read: (ledger: Ledger, id: string) => Promise<readonly StatementRow[]>;
  },
): Command {
  return shown.command
    .argument("<statement>", "its id")
    .requiredOption(...dbFlag)
    .addOption(formOption())
    .action(async (id: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<FormFlags & { readonly db: string }>();
      const form = formOf(flags);
      const { rows, reopened } = await withLedgerToRead(flags.db, async (ledger) => {
        const { reopened } = await ledger.statement(id);
        return { rows: await shown.read(ledger, id), reopened };
      });
      // A bill must not be made of it unseen.
      if (reopened !== undefined)
        context.stderr.write(
          `v2ray-stats: ${oneLine(`this statement was taken back by ${reopened.author}: ${reopened.reason}`)}
`,
        );
      await print(context, rows.length === 0 && form === "table" ? shown.none : forms[form](rows));
    });
}

const titles = ["subject", "uplink", "downlink", "total"];

const forms: Readonly<Record<FormName, (rows: readonly StatementRow[]) => string>> = {
  table(rows) {
    const columns = titles.map((title, at) => {
      return { title: title.toUpperCase(), align: at === 0 ? ("left" as const) : ("right" as const) };
    });
    const lines = rows.map((row) => [shortName(row.subject), ...sizesOf(row).map(formatBytes)]);
    return formatTable(columns, lines);
  },
  csv(rows) {
    const lines = rows.map((row) => [row.subject, ...sizesOf(row).map(String)]);
    return [titles, ...lines].map(formatCsvLine).join("");
  },
  json: (rows) =>
    formatJsonArray(
      rows.map((row) => {
        const [uplink, downlink, total] = sizesOf(row).map(String);
        return { subject: row.subject, uplink, downlink, total };
      }),
    ),
};

function sizesOf({ uplink, downlink, total }: StatementRow): bigint[] {
  return [uplink, downlink, total];
}
