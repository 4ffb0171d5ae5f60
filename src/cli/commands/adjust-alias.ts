import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

export function adjustAliasCommand(context: CliContext): Command {
  return correction(new Command("alias"))
    .description("Show a user or a node under another name; what was recorded stays.")
    .argument("<name>", "as it was recorded")
    .argument("<is>", "as it is to be shown")
    .addOption(new Option("--of <what>", "whose name it is").choices(["user", "node"]).default("user"))
    .action(async (name: string, is: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CorrectionFlags & { readonly of: "user" | "node" }>();
      await correct(context, flags, async (ledger, signed) => {
        const named = flags.of === "node" ? { node: name } : { user: name };
        const id = await ledger.alias({ ...named, is, ...signed });
        return { text: `${flags.of} ${name} is shown as ${is}, entry ${id}`, json: { id } };
      });
    });
}
