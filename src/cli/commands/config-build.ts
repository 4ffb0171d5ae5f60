import { Command } from "commander";
import type { BuildFlags } from "../config-files/build-config.ts";
import { collect, wholeNumber, withCoreFlags } from "../config-files/core-flags.ts";
import type { CliContext } from "../context.ts";

export function configBuildCommand(context: CliContext): Command {
  const command = new Command("build")
    .description("Print a configuration that counts all its inbounds, outbounds and users.")
    .option("--inbound <protocol:port[:tag]>", "where connections come in; repeatable", collect)
    .option(
      "--user <email[:id[:level]]>",
      "who may come in, by every inbound; repeatable; without an id gets one",
      collect,
    )
    .option("--api-port <port>", "the API's port on 127.0.0.1 (default: 10085)", wholeNumber("--api-port", 1, 65_535))
    .option("--blocks", "only what makes another configuration count")
    .option(
      "--options <file>",
      "all options of buildStatsConfig (with --blocks of buildStatsBlocks), JSON; - for stdin",
    );
  return withCoreFlags(command, "none").action(async (_flags: unknown, command: Command) => {
    const { buildConfig } = await import("../config-files/build-config.ts");
    await buildConfig(context, command.optsWithGlobals<BuildFlags>());
  });
}
