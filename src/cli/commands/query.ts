import { Command } from "commander";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import type { Counter } from "../../snapshot/counter.ts";
import { type CliContext, print, printJson } from "../context.ts";
import { callOptions, type ServerOptions, withCore } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";

interface QueryFlags extends ServerOptions {
  readonly regexp?: true | undefined;
}

export function queryCommand(context: CliContext): Command {
  return new Command("query")
    .description("List counters and their bytes, sorted by name; nothing is reset.")
    .argument("[pattern]", "only names that hold this text")
    .option("--regexp", "take the pattern as a JavaScript regular expression")
    .action(async (pattern: string | undefined, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<QueryFlags>();
      if (flags.regexp && pattern === undefined) throw new UsageError("--regexp needs a pattern");
      const meant = flags.regexp && pattern !== undefined ? parseExpression(pattern) : pattern;
      const counters = await withCore(flags, (core) => core.query({ pattern: meant, ...callOptions(context) }));
      await printCounters(context, counters, flags);
    });
}

/** Counters by name: a table for people, an array of `{ name, value }` for programs. */
export async function printCounters(
  context: CliContext,
  counters: readonly Counter[],
  flags: ServerOptions,
): Promise<void> {
  const sorted = [...counters].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  if (flags.json)
    return printJson(
      context,
      sorted.map(({ name, value }) => ({ name, value: value.toString() })),
    );
  if (sorted.length === 0) return print(context, "no counters\n");
  const columns = [{ title: "BYTES", align: "right" }, { title: "", align: "right" }, { title: "COUNTER" }] as const;
  const rows = sorted.map(({ name, value }) => [value.toString(), formatBytes(value), name]);
  await print(context, formatTable(columns, rows));
}

function parseExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
