import { Command } from "commander";
import { StatsError } from "../../errors/stats-error.ts";
import { type CliContext, printJson } from "../context.ts";
import { callOptions, type ServerOptions, withCore } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";
import { printCounters } from "./query.ts";

export function getCommand(context: CliContext): Command {
  return new Command("get")
    .description("Read one counter by its whole name.")
    .argument("<name>", 'such as "user>>>alice@example.com>>>traffic>>>uplink"')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ServerOptions>();
      if (name === "") throw new UsageError("the name is empty");
      const counter = await withCore(flags, (core) => core.get(name, callOptions(context)));
      if (counter === undefined) throw notFound(name, flags.server);
      if (flags.json) return printJson(context, { name, value: counter.value.toString() });
      await printCounters(context, [counter], flags);
    });
}

function notFound(name: string, server: string): StatsError {
  return new StatsError("rpc", `the core at ${server} has no counter ${JSON.stringify(name)}`, {
    advice: "A user's counters appear with the first connection; `v2ray-stats query` lists what there is.",
  });
}
