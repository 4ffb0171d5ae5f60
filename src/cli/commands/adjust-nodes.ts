import { Command } from "commander";
import type { LedgerNode } from "../../ledger/list-nodes.ts";
import { formatTable } from "../../report/format-table.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, withLedgerToRead } from "../ledger-options.ts";
import { formatCsvLine, formatJsonArray, shortName } from "../output-forms.ts";
import { type FormFlags, type FormName, formOf, formOption } from "../table-form.ts";

export function adjustNodesCommand(context: CliContext): Command {
  return new Command("nodes")
    .description("List the nodes, and the id of the ledger that recorded each.")
    .requiredOption(...dbFlag)
    .addOption(formOption())
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<FormFlags & { readonly db: string }>();
      const form = formOf(flags);
      await print(context, forms[form](await withLedgerToRead(flags.db, (ledger) => ledger.nodes())));
    });
}

const forms: Readonly<Record<FormName, (nodes: readonly LedgerNode[]) => string>> = {
  table(nodes) {
    if (nodes.length === 0) return "no nodes\n";
    const columns = ["NODE", "SHOWN AS", "LEDGER", "STATE"].map((title) => ({ title }));
    return formatTable(
      columns,
      nodes.map(({ node, shownAs, ledger, state, retracted }) => [
        ...[shortName(node), shortName(shownAs), ledger, retracted ? `${state}, retracted` : state],
      ]),
    );
  },
  csv(nodes) {
    const lines = nodes.map(({ node, shownAs, ledger, state, retracted }) => [
      ...[node, shownAs, ledger, state, String(retracted)],
    ]);
    return [["node", "shown_as", "ledger", "state", "retracted"], ...lines].map(formatCsvLine).join("");
  },
  json: formatJsonArray,
};
