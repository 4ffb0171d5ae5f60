import { Command, Option } from "commander";
import type { InformSender } from "../../inform/send/sender.ts";
import type { InformSenderEvent } from "../../inform/send/sender-event.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { type CollectFlags, collectBusyTimeoutMs, collectOptions, readCollectFlags } from "../collect-options.ts";
import { eventJson, eventLine } from "../collector-event-text.ts";
import type { CliContext } from "../context.ts";
import { openEventOutput } from "../event-output.ts";
import { type HubFlags, hubOptions, readHubConnection, readKeys } from "../hub-options.ts";
import { isUrl, withLedger } from "../ledger-options.ts";
import { openNodeFlags } from "../node-options.ts";
import { senderEventJson, senderEventLine } from "../sender-event-text.ts";
import { UsageError, wellUsed } from "../usage-error.ts";

interface SendFlags extends CollectFlags, HubFlags {
  readonly format: "inform" | "3x-ui";
  readonly aside?: string | undefined;
  readonly position?: string | undefined;
}

export function informSendCommand(context: CliContext): Command {
  const command = new Command("send").description(
    "Keep the usage of cores in a ledger, as collect does, and send it to a hub. Prints what changes.",
  );
  return hubOptions(collectOptions(command))
    .option("--interval <duration>", "time between two readings of a core, and between two pushes", "5s")
    .addOption(
      new Option("--format <format>", "what the hub understands").choices(["inform", "3x-ui"]).default("inform"),
    )
    .option("--aside <directory>", "keeps what the hub refuses for good (default: beside the ledger's file)")
    .option("--position <file>", "of 3x-ui: keeps how far was sent (default: beside the ledger's file)")
    .action(async (_flags: unknown, used: Command) => {
      const flags = used.optsWithGlobals<SendFlags>();
      await using opened = await openNodeFlags(flags.node, flags);
      const names = opened.nodes.map(({ name }) => name);
      const output = openEventOutput(context, flags);
      const makeSenders = await prepareSenders(context, flags, names, output.teller(senderEventLine, senderEventJson));
      const wanted = await readCollectFlags(flags, opened.nodes);
      const { collect } = await import("../../collector/collect.ts");
      await withLedger(flags.db, { busyTimeoutMs: collectBusyTimeoutMs }, async (ledger) => {
        const senders = makeSenders(ledger, wanted.intervalMs);
        const failed = new AbortController();
        const last = new AbortController();
        const sending = Promise.all(senders.map((sender) => sender.run(last.signal)));
        sending.catch(() => failed.abort());
        const signal = AbortSignal.any([context.signal, output.gone, failed.signal]);
        try {
          await collect({ ...wanted, ledger, signal, onEvent: output.teller(eventLine, eventJson) });
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
  const beside = (suffix: string): string | undefined => (isUrl(db) ? undefined : `${db}.${suffix}`);
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
