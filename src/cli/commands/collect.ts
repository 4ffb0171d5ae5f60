import { Command } from "commander";
import { type CollectFlags, collectBusyTimeoutMs, collectOptions, readCollectFlags } from "../collect-options.ts";
import { eventJson, eventLine } from "../collector-event-text.ts";
import type { CliContext } from "../context.ts";
import { openEventOutput } from "../event-output.ts";
import { withLedger } from "../ledger-options.ts";
import { openNodeFlags } from "../node-options.ts";

export function collectCommand(context: CliContext): Command {
  return collectOptions(new Command("collect"))
    .description("Keep the usage of cores in a ledger until stopped; then read each once more. Prints what changes.")
    .option("--interval <duration>", "time between two readings of a core", "10s")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CollectFlags>();
      await using opened = await openNodeFlags(flags.node, flags);
      const wanted = await readCollectFlags(flags, opened.nodes);
      const { collect } = await import("../../collector/collect.ts");
      const output = openEventOutput(context, flags);
      const signal = AbortSignal.any([context.signal, output.gone]);
      const onEvent = output.teller(eventLine, eventJson);
      await withLedger(flags.db, { busyTimeoutMs: collectBusyTimeoutMs }, (ledger) =>
        collect({ ...wanted, ledger, signal, onEvent }),
      );
    });
}
