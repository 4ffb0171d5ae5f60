import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

export function adjustSettleCommand(context: CliContext): Command {
  return correction(new Command("settle"))
    .description("Say what a gap was, once; `gaps --json` shows its id.")
    .argument("<gap>", "the gap's id")
    .addOption(
      new Option("--as <what>", "nothing-lost closes it; restart counts its bound as traffic")
        .choices(["nothing-lost", "restart"])
        .makeOptionMandatory(),
    )
    .action(async (gap: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CorrectionFlags & { readonly as: "nothing-lost" | "restart" }>();
      await correct(context, flags, async (ledger, signed) => {
        const id = await ledger.settle(gap, { as: flags.as, ...signed });
        return { text: `the gap ${gap} is settled as ${flags.as}, entry ${id}`, json: { id } };
      });
    });
}
