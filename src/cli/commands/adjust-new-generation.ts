import { Command, Option } from "commander";
import type { Scope } from "../../names/stat-name.ts";
import type { CliContext } from "../context.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

interface GenerationFlags extends CorrectionFlags {
  readonly scope: Scope;
  readonly node?: string | undefined;
}

export function adjustNewGenerationCommand(context: CliContext): Command {
  return correction(new Command("new-generation"))
    .description("Let counters begin anew, as of a user made again. Drain right before, and the cut is exact.")
    .argument("<name>", "whose counters: a user, or a tag with --scope")
    .addOption(
      new Option("--scope <scope>", "what the name is of").choices(["user", "inbound", "outbound"]).default("user"),
    )
    .option("--node <name>", "on this node alone")
    .action(async (subject: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<GenerationFlags>();
      await correct(context, flags, async (ledger, signed) => {
        const started = await ledger.newGeneration({ scope: flags.scope, subject, node: flags.node, ...signed });
        const where = started.map(({ node, generation }) => `generation ${generation} on ${node}`);
        const text =
          where.length === 0 ? `${subject} has no counters, nothing to do` : `${subject} has ${where.join(", ")}`;
        return { text, json: started };
      });
    });
}
