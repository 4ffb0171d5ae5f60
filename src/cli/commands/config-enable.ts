import { Command } from "commander";
import { wholeNumber, withCoreFlags } from "../config-files/core-flags.ts";
import type { EnableFlags } from "../config-files/enable-files.ts";
import type { CliContext } from "../context.ts";

export function configEnableCommand(context: CliContext): Command {
  const command = new Command("enable")
    .description("Make a configuration count; by default only show how, as a unified diff.")
    .argument("<file...>", "files, a directory, or -")
    .option("--diff", "show what would change (the default)")
    .option("--write", "change the files, each with a backup beside it; of standard input print the new text")
    .option("--undo", "put files back as they were before --write or --fix")
    .option("--api-port <port>", "the API's port where there is no API yet", wholeNumber("--api-port", 1, 65_535));
  return withCoreFlags(command, "a guess").action(async (files: string[], _flags: unknown, command: Command) => {
    const { enableFiles } = await import("../config-files/enable-files.ts");
    await enableFiles(context, files, command.optsWithGlobals<EnableFlags>());
  });
}
