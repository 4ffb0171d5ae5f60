import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { configBuildCommand } from "./config-build.ts";
import { configCheckCommand } from "./config-check.ts";
import { configEnableCommand } from "./config-enable.ts";
import { configExplainCommand } from "./config-explain.ts";
import { configRulesCommand } from "./config-rules.ts";

const files = `
FILE is a file, a directory as the core reads it, or - for standard input; several are read as the core reads them
together. Nothing is written without --write or --fix.`;

export function configCommand(context: CliContext): Command {
  return new Command("config")
    .description("Make configurations count traffic: build, enable, check, explain.")
    .addHelpText("after", files)
    .addCommand(configBuildCommand(context))
    .addCommand(configEnableCommand(context))
    .addCommand(configCheckCommand(context))
    .addCommand(configExplainCommand(context))
    .addCommand(configRulesCommand(context));
}
