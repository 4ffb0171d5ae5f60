import { Command } from "commander";
import { confirm } from "../confirm.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, withLedgerToChange } from "../ledger-options.ts";
import { formatJson, oneLine } from "../output-forms.ts";
import { asUsageError, UsageError } from "../usage-error.ts";

interface ReplaceFlags {
  readonly db: string;
  readonly ledger: string;
  readonly yes?: true | undefined;
  readonly json?: true | undefined;
}

const ledgerId = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

export function informReplaceCommand(context: CliContext): Command {
  return new Command("replace")
    .description("On the hub: take a node from another ledger from now on. What the old one brought stays and counts.")
    .argument("<node>", "the node's name")
    .requiredOption("--ledger <id>", "the ledger that takes the other's place, as the hub's log and its agent name it")
    .requiredOption(...dbFlag)
    .option("--yes", "do not ask")
    .action(async (node: string, _flags: unknown, command: Command) => {
      const { db, ledger: id, yes, json } = command.optsWithGlobals<ReplaceFlags>();
      // It cannot be undone, so what is no id at all must not get as far as that.
      if (!ledgerId.test(id))
        throw new UsageError(`"${id}" is no ledger's id; write the whole one that the hub's log and the agent tell`);
      const question = `Seal what recorded ${oneLine(node)} so far, and take it from the ledger ${oneLine(id)}?`;
      if (!yes && !(await confirm(context, `${question} It cannot be undone.`)))
        return print(context, json ? "{}\n" : "nothing was replaced\n");
      const { sealed } = await withLedgerToChange(db, (ledger) => ledger.replace({ node, ledger: id })).catch(
        (error) => {
          throw asUsageError(error);
        },
      );
      const text = `${node} is taken from ${id} from now on${sealed === undefined ? "" : `; ${sealed} is sealed`}`;
      await print(context, `${json ? formatJson({ node, ledger: id, sealed: sealed ?? null }) : oneLine(text)}\n`);
    });
}
