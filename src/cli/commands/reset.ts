import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { ResetError, type ResetSelection } from "../../client/reset-counters.ts";
import { type CliContext, print } from "../context.ts";
import { callOptions, type ServerOptions, withCore } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";
import { printCounters } from "./query.ts";

interface ResetFlags extends ServerOptions {
  readonly name?: readonly string[] | undefined;
  readonly all?: true | undefined;
  readonly yes?: true | undefined;
}

export function resetCommand(context: CliContext): Command {
  return new Command("reset")
    .description("Zero counters, and print what they held. Whoever else counts on them loses those bytes.")
    .argument("[pattern]", "those whose name holds this text; user>>>… means users alone")
    .option("--name <names...>", "those with exactly these names")
    .option("--all", "every counter")
    .option("--yes", "do not ask")
    .action(async (pattern: string | undefined, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ResetFlags>();
      const selection = parseSelection(pattern, flags);
      if (!flags.yes && !(await confirmed(context, flags.server))) {
        return print(context, flags.json ? "[]\n" : "nothing was reset\n");
      }
      await withCore(flags, async (core) => {
        try {
          await printCounters(context, await core.resetCounters(selection, callOptions(context)), flags);
        } catch (error) {
          // Those bytes are nowhere else any more.
          if (error instanceof ResetError) await printCounters(context, error.done, flags);
          throw error;
        }
      });
    });
}

function parseSelection(pattern: string | undefined, { name, all }: ResetFlags): ResetSelection {
  const ways = [pattern, name, all].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new UsageError("say what to reset: a pattern, --name or --all, one of them");
  if (all) return { all };
  if (name?.includes("")) throw new UsageError("a name is empty");
  if (name !== undefined) return { names: name };
  if (pattern === "" || pattern === undefined) throw new UsageError("an empty pattern matches all: say --all");
  return { pattern };
}

async function confirmed({ stdin, stderr, signal }: CliContext, server: string): Promise<boolean> {
  if (!stdin.isTTY) throw new UsageError("reset asks before it acts; without a terminal say --yes");
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await prompt.question(`Zero counters of ${server}? They cannot be restored. [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
