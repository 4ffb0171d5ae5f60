import { Command } from "commander";
import { confirm } from "../confirm.ts";
import { type CliContext, print } from "../context.ts";
import { oneLine } from "../output-forms.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

interface RetractFlags extends CorrectionFlags {
  readonly node?: string | undefined;
  readonly yes?: true | undefined;
}

export function adjustRetractCommand(context: CliContext): Command {
  return correction(new Command("retract"))
    .description("Take what a ledger recorded out of all answers; its rows stay.")
    .argument("<ledger>", "the id of the ledger that recorded it; `adjust nodes` shows it")
    .option("--node <name>", "what it recorded of this node alone")
    .option("--yes", "do not ask")
    .action(async (retracted: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<RetractFlags>();
      const { node } = flags;
      const what = `${node === undefined ? "all" : `node ${node}`} of the ledger ${retracted}`;
      if (!flags.yes && !(await confirm(context, `Leave ${oneLine(what)} out of all answers?`)))
        return print(context, flags.json ? "{}\n" : "nothing was retracted\n");
      await correct(context, flags, async (ledger, signed) => {
        const id = await ledger.retract({ ledger: retracted, node, ...signed });
        return { text: `${what} is in no answer any more, entry ${id}`, json: { id } };
      });
    });
}
