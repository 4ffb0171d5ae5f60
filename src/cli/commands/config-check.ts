import { Command, Option } from "commander";
import type { CheckFlags } from "../config-files/check-files.ts";
import { collect, wholeNumber, withCoreFlags } from "../config-files/core-flags.ts";
import type { CliContext } from "../context.ts";

export function configCheckCommand(context: CliContext): Command {
  const command = new Command("check")
    .description("Find what keeps a configuration from counting, or makes its API dangerous.")
    .argument("<file...>", "files, a directory, or -")
    .option("--fix", "mend what can be mended; files keep a backup, standard input is printed")
    .addOption(new Option("--format <format>", "the form (default: text)").choices(["text", "json", "sarif", "github"]))
    .option("--max-warnings <count>", "fail where there are more", wholeNumber("--max-warnings", 0, 1_000_000))
    .option("--disable <rule>", "leave a rule out; repeatable", collect);
  return withCoreFlags(command, "a guess").action(async (files: string[], _flags: unknown, command: Command) => {
    const { checkFiles } = await import("../config-files/check-files.ts");
    if (!(await checkFiles(context, files, command.optsWithGlobals<CheckFlags>()))) process.exitCode = 1;
  });
}
