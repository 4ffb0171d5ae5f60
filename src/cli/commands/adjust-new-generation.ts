import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

export function adjustNewGenerationCommand(context: CliContext): Command {
  return correction(new Command("new-generation"))
    .description("Let a user's counters begin anew: deleted and made again. Drain right before, and the cut is exact.")
    .argument("<user>", "whose counters")
    .option("--node <name>", "on this node alone")
    .action(async (user: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CorrectionFlags & { readonly node?: string | undefined }>();
      await correct(context, flags, async (ledger, signed) => {
        const started = await ledger.newGeneration({ user, node: flags.node, ...signed });
        const where = started.map(({ node, generation }) => `generation ${generation} on ${node}`);
        const text = where.length === 0 ? `${user} has no counters, nothing to do` : `${user} has ${where.join(", ")}`;
        return { text, json: started };
      });
    });
}
