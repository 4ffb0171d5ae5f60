import { Command } from "commander";
import type { CollectorEvent } from "../../collector/collector-event.ts";
import { eventJson, eventLine } from "../collector-event-text.ts";
import type { CliContext } from "../context.ts";
import { dbFlag, withLedger } from "../ledger-options.ts";
import { nodeFlag, openNodeFlags, repeated } from "../node-options.ts";
import { formatJson } from "../output-forms.ts";
import { parseDuration } from "../parse-duration.ts";
import type { ServerOptions } from "../server-options.ts";

/** Short, for a poll waits for the writing of the last one. What it misses is booked with the next. */
const busyTimeoutMs = 1000;

interface CollectFlags extends ServerOptions {
  readonly node: readonly string[];
  readonly db: string;
  readonly interval: string;
  readonly quiet?: true | undefined;
}

export function collectCommand(context: CliContext): Command {
  return new Command("collect")
    .description("Keep the usage of cores in a ledger until stopped; then read each once more. Prints what changes.")
    .requiredOption(...nodeFlag, repeated)
    .requiredOption(...dbFlag)
    .option("--interval <duration>", "time between two readings of a core", "10s")
    .option("--quiet", "print no events")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CollectFlags>();
      const intervalMs = parseDuration(flags.interval);
      await using opened = await openNodeFlags(flags.node, flags);
      const { nodes } = opened;
      const { collect } = await import("../../collector/collect.ts");
      await withLedger(flags.db, { busyTimeoutMs }, (ledger) =>
        collect({ nodes, ledger, intervalMs, signal: context.signal, onEvent: teller(context, flags) }),
      );
    });
}

function teller(context: CliContext, { quiet, json }: CollectFlags): (event: CollectorEvent) => void {
  if (quiet) return () => {};
  return (event) => {
    context.stdout.write(json ? `${formatJson(eventJson(event))}\n` : eventLine(event));
  };
}
