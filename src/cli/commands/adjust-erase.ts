import { Command } from "commander";
import { confirm } from "../confirm.ts";
import { type CliContext, print } from "../context.ts";
import { oneLine } from "../output-forms.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

export function adjustEraseCommand(context: CliContext): Command {
  return correction(new Command("erase"))
    .description("Take a user's name out of the ledger for good; usage stays, under a pseudonym.")
    .argument("<user>", "the name as the core's counters have it; delete the user in the core before")
    .option("--yes", "do not ask")
    .action(async (user: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CorrectionFlags & { readonly yes?: true | undefined }>();
      if (!flags.yes && !(await confirm(context, `Erase the name ${oneLine(user)}? It cannot be restored.`)))
        return print(context, flags.json ? "{}\n" : "nothing was erased\n");
      await correct(context, flags, async (ledger, signed) => {
        const id = await ledger.erase({ user, ...signed });
        return { text: `${user} is erased, entry ${id}`, json: { id } };
      });
    });
}
