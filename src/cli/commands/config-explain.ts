import { Command } from "commander";
import { withCoreFlags } from "../config-files/core-flags.ts";
import type { ExplainFlags } from "../config-files/explain-files.ts";
import type { CliContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";

export function configExplainCommand(context: CliContext): Command {
  const command = new Command("explain")
    .description("Say step by step why a counter will or will not exist.")
    .usage("[options] <file...> <name>")
    .argument("<file...>", "files, a directory, or -; then the counter's name, as user>>>alice>>>traffic>>>uplink");
  return withCoreFlags(command, "a guess").action(async (words: string[], _flags: unknown, command: Command) => {
    const name = words.at(-1) as string;
    const files = words.slice(0, -1);
    if (files.length === 0) throw new UsageError("say which file, and then which counter");
    const { explainFiles } = await import("../config-files/explain-files.ts");
    await explainFiles(context, files, name, command.optsWithGlobals<ExplainFlags>());
  });
}
