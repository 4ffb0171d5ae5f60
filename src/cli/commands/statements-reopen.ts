import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

export function statementsReopenCommand(context: CliContext): Command {
  return correction(new Command("reopen"))
    .description("Take a statement back, so that its period can be closed anew. It stays in the ledger, marked.")
    .argument("<statement>", "its id")
    .action(async (statement: string, _flags: unknown, command: Command) => {
      await correct(context, command.optsWithGlobals<CorrectionFlags>(), async (ledger, signed) => {
        const id = await ledger.reopenPeriod(statement, signed);
        return { text: `the statement ${statement} is taken back, entry ${id}`, json: { id } };
      });
    });
}
