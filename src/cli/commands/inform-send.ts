import { Command, Option } from "commander";
import type { CollectorEvent } from "../../collector/collector-event.ts";
import type { InformSender } from "../../inform/send/sender.ts";
import type { InformSenderEvent } from "../../inform/send/sender-event.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { eventJson, eventLine } from "../collector-event-text.ts";
import type { CliContext } from "../context.ts";
import { type HubFlags, hubOptions, readHubConnection, readKeys } from "../hub-options.ts";
import { dbFlag, withLedger } from "../ledger-options.ts";
import { assertNode, nodeFlag, openNodeFlags, parseNodeFiles, repeated } from "../node-options.ts";
import { formatJson } from "../output-forms.ts";
import { parseDuration } from "../parse-duration.ts";
import { senderEventJson, senderEventLine } from "../sender-event-text.ts";
import type { ServerOptions } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";

/** As of `collect`: what a poll misses is booked with the next. */
const busyTimeoutMs = 1000;

interface SendFlags extends ServerOptions, HubFlags {
  readonly node: readonly string[];
  readonly db: string;
  readonly interval: string;
  readonly format: "inform" | "3x-ui";
  readonly aside?: string | undefined;
  readonly position?: string | undefined;
  readonly quiet?: true | undefined;
  readonly bookExisting?: true | undefined;
  readonly sameCore?: readonly string[] | undefined;
  readonly coreConfig?: readonly string[] | undefined;
  readonly pack: boolean;
}

export function informSendCommand(context: CliContext): Command {
  const command = new Command("send")
    .description("Keep the usage of cores in a ledger, as collect does, and send it to a hub. Prints what changes.")
    .requiredOption(...nodeFlag, repeated)
    .requiredOption(...dbFlag);
  return hubOptions(command)
    .option("--interval <duration>", "time between two readings of a core, and between two pushes", "5s")
    .addOption(
      new Option("--format <format>", "what the hub understands").choices(["inform", "3x-ui"]).default("inform"),
    )
    .option("--aside <directory>", "keeps what the hub refuses for good (default: beside the ledger's file)")
    .option("--position <file>", "of 3x-ui: keeps how far was sent (default: beside the ledger's file)")
    .option("--book-existing", "book what a core shows that the ledger does not know yet")
    .option("--same-core <name>", "this node's address or kind changed, and it is the same core; repeatable", repeated)
    .option("--core-config <name=file>", "a core's configuration: who is made anew in it begins anew", repeated)
    .option("--no-pack", "do not pack past days")
    .option("--quiet", "print no events")
    .action(async (_flags: unknown, used: Command) => {
      const flags = used.optsWithGlobals<SendFlags>();
      const intervalMs = parseDuration(flags.interval);
      await using opened = await openNodeFlags(flags.node, flags);
      const { nodes } = opened;
      const { bookExisting, sameCore = [], pack } = flags;
      for (const name of sameCore) assertNode("--same-core", name, nodes);
      const configs = parseNodeFiles("--core-config", flags.coreConfig ?? [], nodes);
      const output = createOutput(context, flags);
      const names = nodes.map(({ name }) => name);
      const makeSenders = await prepareSenders(context, flags, names, output.tellSender);
      const madeAnew = configs.size === 0 ? undefined : await openConfigs(configs, flags.db);
      const { collect } = await import("../../collector/collect.ts");
      await withLedger(flags.db, { busyTimeoutMs }, async (ledger) => {
        const senders = makeSenders(ledger, intervalMs);
        const failed = new AbortController();
        const last = new AbortController();
        const sending = Promise.all(senders.map((sender) => sender.run(last.signal)));
        sending.catch(() => failed.abort());
        const signal = AbortSignal.any([context.signal, output.gone, failed.signal]);
        try {
          const onEvent = output.tellCollector;
          await collect({ nodes, ledger, intervalMs, bookExisting, sameCore, madeAnew, pack, signal, onEvent });
        } finally {
          // The last readings are in the ledger: now the last push.
          last.abort();
          await sending;
        }
      });
    });
}

/** Checks all that is asked for, before the ledger is opened. */
async function prepareSenders(
  context: CliContext,
  flags: SendFlags,
  names: readonly string[],
  onEvent: (event: InformSenderEvent) => void,
): Promise<(ledger: Ledger, intervalMs: number) => InformSender[]> {
  const { hub, db, format } = flags;
  const connection = await readHubConnection(flags);
  const keyOf = await readKeys(context, flags, names);
  const beside = (suffix: string): string | undefined => (/^\w+:\/\//.test(db) ? undefined : `${db}.${suffix}`);
  if (format === "3x-ui") {
    const [node, ...others] = names as [string, ...string[]];
    if (others.length > 0) throw new UsageError("bodies of 3x-ui's name no node: run one inform send for each");
    const positionFile = flags.position ?? beside("3x-ui-position");
    if (positionFile === undefined) throw new UsageError("--position is needed where the ledger is no file");
    const { createThreeXUiSender } = await import("../../inform/send/three-x-ui-sender.ts");
    return (ledger, intervalMs) => {
      const key = keyOf(node);
      const options = { ledger, node, url: hub, positionFile, key, intervalMs, onEvent, ...connection };
      return wellUsed(() => [createThreeXUiSender(options)]);
    };
  }
  const keys = names.map((node) => {
    const key = keyOf(node);
    if (key === undefined) throw new UsageError(`no key for ${node}: write --key-file`);
    return { node, key };
  });
  const refusedDirectory = flags.aside ?? beside("refused");
  const { createInformSender } = await import("../../inform/send/sender.ts");
  return (ledger, intervalMs) => {
    const options = { ledger, hub, intervalMs, refusedDirectory, onEvent, ...connection };
    return wellUsed(() => keys.map((each) => createInformSender({ ...options, ...each })));
  };
}

/** A wrong address or key is wrong use. */
function wellUsed<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw error instanceof TypeError || error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

async function openConfigs(
  configs: ReadonlyMap<string, string>,
  db: string,
): Promise<(node: string) => Promise<readonly string[]>> {
  if (/^\w+:\/\//.test(db)) throw new UsageError("--core-config needs a ledger in a file; else run collect");
  const { followConfigs } = await import("../core-configs/follow-configs.ts");
  return followConfigs(configs, `${db}.seen-users`);
}

/** Where events are printed, until nobody reads them: then all is to end well, as `inform send | head` wants. */
function createOutput(
  { stdout }: CliContext,
  { quiet, json }: SendFlags,
): {
  readonly tellCollector: (event: CollectorEvent) => void;
  readonly tellSender: (event: InformSenderEvent) => void;
  readonly gone: AbortSignal;
} {
  const gone = new AbortController();
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") gone.abort();
  });
  const write = (line: string): void => {
    if (!quiet && !gone.signal.aborted) stdout.write(line);
  };
  return {
    tellCollector: (event) => write(json ? `${formatJson(eventJson(event))}\n` : eventLine(event)),
    tellSender: (event) => write(json ? `${formatJson(senderEventJson(event))}\n` : senderEventLine(event)),
    gone: gone.signal,
  };
}
