import { networkInterfaces } from "node:os";
import { Command, Option } from "commander";
import type { StatsClient } from "../../client/stats-client.ts";
import { configTargets } from "../../config/target.ts";
import type { ServeTlsOptions } from "../../http/serve-handler.ts";
import { parseListenAddress } from "../../internal/listen-address.ts";
import { isLoopback } from "../../internal/loopback.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { ManagerHost } from "../../manager/server/manager-host.ts";
import { collectBusyTimeoutMs } from "../collect-options.ts";
import { eventJson, eventLine } from "../collector-event-text.ts";
import { type CliContext, print } from "../context.ts";
import { openEventOutput } from "../event-output.ts";
import { errorLine } from "../exit-code.ts";
import { dbFlag, isUrl, withLedger } from "../ledger-options.ts";
import { lendWriter } from "../lent-writer.ts";
import {
  apiKeyVariable,
  type ManagerApiKeyFlags,
  openServedKeys,
  readManagerApiKeys,
  type ServedKeyFlags,
} from "../manager-keys.ts";
import { type CliNodes, openNodeFlags, repeated } from "../node-options.ts";
import { formatJson } from "../output-forms.ts";
import { parseDuration } from "../parse-duration.ts";
import { readFlagFile } from "../read-flag-file.ts";
import type { ServerOptions } from "../server-options.ts";
import { asUsageError, UsageError, wellUsed } from "../usage-error.ts";

interface ServeFlags extends ServerOptions, ManagerApiKeyFlags, ServedKeyFlags {
  readonly node: readonly string[];
  readonly db: string;
  readonly listen: string;
  readonly listenCert?: string | undefined;
  readonly listenKey?: string | undefined;
  readonly interval: string;
  readonly collect: boolean;
  readonly bookExisting?: true | undefined;
  readonly interface?: readonly string[] | undefined;
  readonly tz: string;
  readonly maxAge: string;
  readonly rateLimit: string;
  readonly corsOrigin?: readonly string[] | undefined;
  readonly quiet?: true | undefined;
}

/** What {@link openNodeFlags} makes of one flag. */
interface OneNode {
  readonly name: string;
  readonly core: StatsClient;
}

const epilogue = `
The file of --key-file has an API key on each line, after a name and a space where there are several: resets are signed
with it. Without an API key only this machine is answered. Nothing here touches the core's counters.`;

export function managerCommand(context: CliContext): Command {
  return new Command("manager")
    .description("The key manager's traffic API, with what a core counted in place of an estimate.")
    .addCommand(serveCommand(context));
}

function serveCommand(context: CliContext): Command {
  return new Command("serve")
    .description("Answer the API for one core, and collect its usage into the ledger meanwhile.")
    .requiredOption("--node <name=address>", "the core and its name in the ledger", repeated)
    .requiredOption(...dbFlag)
    .option("--core-config <file>", "the core's configuration: its users are the keys; repeatable", repeated)
    .addOption(new Option("--core <core>", "the core that reads it (default: guessed)").choices(configTargets))
    .option("--keys <file>", "the keys, as the manager's own list of them")
    .option("--listen <host:port>", "where to listen", "127.0.0.1:8000")
    .option("--listen-cert <file>", "the certificate to show there, PEM: HTTPS in place of HTTP")
    .option("--listen-key <file>", "its key, PEM")
    .option("--key-file <file>", `the API keys (or one in ${apiKeyVariable})`)
    .option("--key <key>", "the API key; shows in the list of processes")
    .option("--interval <duration>", "time between two readings of the core", "5s")
    .option("--no-collect", "only answer: a collector elsewhere books into the ledger")
    .option("--book-existing", "book what the core shows that the ledger does not know yet")
    .option("--interface <name>", "a network interface to tell of; repeatable (default: all but lo)", repeated)
    .option("--tz <zone>", "the time zone of days and months", "UTC")
    .option("--max-age <duration>", "how long an answer about a key is repeated", "30s")
    .option("--rate-limit <count>", "requests of an address in a minute", "600")
    .option("--cors-origin <origin>", "web pages of this origin may ask; repeatable (default: none)", repeated)
    .option("--quiet", "print no events of the collector")
    .addHelpText("after", epilogue)
    .action((_flags: unknown, command: Command) => serve(context, command.optsWithGlobals<ServeFlags>()));
}

async function serve(context: CliContext, flags: ServeFlags): Promise<void> {
  if (flags.node.length > 1) throw new UsageError("one server answers for one core: give --node once");
  const intervalMs = parseDuration(flags.interval);
  const maxAgeMs = parseDuration(flags.maxAge);
  const requestsPerMinute = Number(flags.rateLimit);
  if (!(requestsPerMinute >= 1)) throw new UsageError("--rate-limit is a number of requests, from 1 on");
  const timeoutMs = parseDuration(flags.timeout);
  const { host: listenHost } = wellUsed(() => parseListenAddress(flags.listen));
  const apiKeys = await readManagerApiKeys(context, flags);
  const keys = await openServedKeys(flags, tellError(context));
  const tls = await readServerTls(flags);
  await using nodes = await openNodeFlags(flags.node, flags);
  const [{ name: node, core }] = nodes.nodes as unknown as readonly [OneNode];
  const { startManagerServer } = await import("../../manager/server/manager-server.ts");
  const { drain } = await import("../../collector/drain.ts");
  const host = await hostOf(core.address);
  await withLedger(flags.db, { busyTimeoutMs: collectBusyTimeoutMs }, async (ledger) => {
    const lent = lendWriter(ledger);
    const options = {
      ledger,
      node,
      stats: core,
      keys,
      apiKeys,
      async takeReading(signal: AbortSignal) {
        if (await lent.record(() => core.snapshot({ timeoutMs, signal }))) return;
        const [drained] = await drain([{ name: node, core }], ledger, { timeoutMs, signal });
        if (drained?.error !== undefined) throw drained.error;
      },
      host,
      interfaces: flags.interface,
      timeZone: flags.tz,
      maxAgeMs,
      timeoutMs,
      requestsPerMinute,
      corsOrigins: flags.corsOrigin,
      onError: tellError(context),
    };
    const where = { listen: flags.listen, tls, insecureListen: true };
    const server = await startManagerServer(options, where).catch((error) => {
      throw asUsageError(error);
    });
    await using _closed = server;
    // API keys would be there for all on the way to read.
    if (tls === undefined && !isLoopback(listenHost))
      context.stderr.write(`${server.url} is plain HTTP: give --listen-cert and --listen-key, or a proxy before it\n`);
    await print(context, flags.json ? `${formatJson({ listening: server.url })}\n` : `listening on ${server.url}\n`);
    if (flags.collect) await collectMeanwhile(context, flags, nodes, lent.ledger, intervalMs);
    else await aborted(context.signal);
  });
}

async function collectMeanwhile(
  context: CliContext,
  flags: ServeFlags,
  { nodes }: CliNodes,
  ledger: Ledger,
  intervalMs: number,
): Promise<void> {
  const { collect } = await import("../../collector/collect.ts");
  const { followConfigs } = await import("../core-configs/follow-configs.ts");
  const { bookExisting, coreConfig = [], db } = flags;
  const [file] = coreConfig;
  // Who was seen is kept beside the ledger's file, as `collect` does.
  const follows = file !== undefined && coreConfig.length === 1 && !isUrl(db);
  const madeAnew = follows
    ? followConfigs(new Map(nodes.map(({ name }) => [name, file])), `${db}.seen-users`)
    : undefined;
  const output = openEventOutput(context, flags);
  const signal = AbortSignal.any([context.signal, output.gone]);
  const onEvent = output.teller(eventLine, eventJson);
  await collect({ nodes, ledger, intervalMs, bookExisting, madeAnew, signal, onEvent });
}

async function readServerTls({ listenCert, listenKey }: ServeFlags): Promise<ServeTlsOptions | undefined> {
  const [cert, key] = await Promise.all([
    readFlagFile("--listen-cert", listenCert),
    readFlagFile("--listen-key", listenKey),
  ]);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError("HTTPS needs both --listen-cert and --listen-key");
  return { cert, key };
}

function tellError({ stderr }: CliContext): (error: unknown) => void {
  return (error) => void stderr.write(`${errorLine(error)}\n`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** This machine's own tables, where the core is on it. */
async function hostOf(address: string): Promise<ManagerHost> {
  const { createProcHost, unknownHost } = await import("../../manager/server/manager-host.ts");
  if (address.startsWith("unix:")) return createProcHost();
  const host = new URL(address.includes("://") ? address : `http://${address}`).hostname.replace(/^\[|\]$/g, "");
  const ours = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const isOurs = isLoopback(host) || ours.some((each) => each.address === host);
  return isOurs ? createProcHost() : unknownHost("the core is on another machine");
}
