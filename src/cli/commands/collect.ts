import { Command } from "commander";
import type { CollectorEvent } from "../../collector/collector-event.ts";
import { eventJson, eventLine } from "../collector-event-text.ts";
import type { CliContext } from "../context.ts";
import { dbFlag, withLedger } from "../ledger-options.ts";
import { assertNode, nodeFlag, openNodeFlags, parseNodeFiles, repeated } from "../node-options.ts";
import { formatJson } from "../output-forms.ts";
import { parseDuration } from "../parse-duration.ts";
import type { ServerOptions } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";

/** Short, for a poll waits for the writing of the last one. What it misses is booked with the next. */
const busyTimeoutMs = 1000;

interface CollectFlags extends ServerOptions {
  readonly node: readonly string[];
  readonly db: string;
  readonly interval: string;
  readonly quiet?: true | undefined;
  readonly bookExisting?: true | undefined;
  readonly sameCore?: readonly string[] | undefined;
  readonly coreConfig?: readonly string[] | undefined;
  readonly seenUsers?: string | undefined;
  readonly pack: boolean;
}

export function collectCommand(context: CliContext): Command {
  return new Command("collect")
    .description("Keep the usage of cores in a ledger until stopped; then read each once more. Prints what changes.")
    .requiredOption(...nodeFlag, repeated)
    .requiredOption(...dbFlag)
    .option("--interval <duration>", "time between two readings of a core", "10s")
    .option("--book-existing", "book what a core shows that the ledger does not know yet")
    .option("--same-core <name>", "this node's address or kind changed, and it is the same core; repeatable", repeated)
    .option("--core-config <name=file>", "a core's configuration: who is made anew in it begins anew", repeated)
    .option("--seen-users <directory>", "where is kept who was seen there (default: beside the ledger's file)")
    .option("--no-pack", "do not pack past days")
    .option("--quiet", "print no events")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CollectFlags>();
      const intervalMs = parseDuration(flags.interval);
      await using opened = await openNodeFlags(flags.node, flags);
      const { nodes } = opened;
      const { bookExisting, sameCore = [], pack } = flags;
      for (const name of sameCore) assertNode("--same-core", name, nodes);
      const configs = parseNodeFiles("--core-config", flags.coreConfig ?? [], nodes);
      const madeAnew = configs.size === 0 ? undefined : await openConfigs(configs, flags);
      const { collect } = await import("../../collector/collect.ts");
      const output = createOutput(context, flags);
      const signal = AbortSignal.any([context.signal, output.gone]);
      await withLedger(flags.db, { busyTimeoutMs }, (ledger) =>
        collect({ nodes, ledger, intervalMs, bookExisting, sameCore, madeAnew, pack, signal, onEvent: output.tell }),
      );
    });
}

async function openConfigs(
  configs: ReadonlyMap<string, string>,
  { db, seenUsers }: CollectFlags,
): Promise<(node: string) => Promise<readonly string[]>> {
  if (seenUsers === undefined && /^\w+:\/\//.test(db))
    throw new UsageError("--core-config needs --seen-users where the ledger is no file");
  const { followConfigs } = await import("../core-configs/follow-configs.ts");
  return followConfigs(configs, seenUsers ?? `${db}.seen-users`);
}

/** Where events are printed, until nobody reads them: then the collector is to end well, as `collect | head` wants. */
function createOutput(
  { stdout }: CliContext,
  { quiet, json }: CollectFlags,
): { readonly tell: (event: CollectorEvent) => void; readonly gone: AbortSignal } {
  const gone = new AbortController();
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") gone.abort();
  });
  const tell = (event: CollectorEvent): void => {
    if (quiet || gone.signal.aborted) return;
    stdout.write(json ? `${formatJson(eventJson(event))}\n` : eventLine(event));
  };
  return { tell, gone: gone.signal };
}
