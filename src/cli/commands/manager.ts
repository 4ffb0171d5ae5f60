import { networkInterfaces } from "node:os";
import { Command, Option } from "commander";
import type { StatsClient } from "../../client/stats-client.ts";
import { type ConfigTarget, configTargets } from "../../config/target.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { ManagerApiKey } from "../../manager/server/access.ts";
import type { followKeys } from "../../manager/server/follow-keys.ts";
import type { ManagerHost } from "../../manager/server/manager-host.ts";
import type { ManagerKeys } from "../../manager/server/served-key.ts";
import { eventJson, eventLine } from "../collector-event-text.ts";
import { type CliContext, print } from "../context.ts";
import { errorLine } from "../exit-code.ts";
import { dbFlag, withLedger } from "../ledger-options.ts";
import { lendWriter } from "../lent-writer.ts";
import { type CliNodes, openNodeFlags, repeated } from "../node-options.ts";
import { formatJson } from "../output-forms.ts";
import { parseDuration } from "../parse-duration.ts";
import { readFlagFile } from "../read-flag-file.ts";
import type { ServerOptions } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";

interface ServeFlags extends ServerOptions {
  readonly node: readonly string[];
  readonly db: string;
  readonly listen: string;
  readonly coreConfig?: readonly string[] | undefined;
  readonly core?: ConfigTarget | undefined;
  readonly keys?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly key?: string | undefined;
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

const keyVariable = "V2RAY_STATS_MANAGER_KEY";

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
    .option("--key-file <file>", `the API keys (or one in ${keyVariable})`)
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
  const listen = parseListen(flags.listen);
  const apiKeys = await readApiKeys(context, flags);
  const keys = await openKeys(context, flags);
  await using nodes = await openNodeFlags(flags.node, flags);
  const [{ name: node, core }] = nodes.nodes as unknown as readonly [OneNode];
  const { startManagerServer } = await import("../../manager/server/manager-server.ts");
  const { drain } = await import("../../collector/drain.ts");
  const host = await hostOf(core.address);
  await withLedger(flags.db, { busyTimeoutMs: 1000 }, async (ledger) => {
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
    const server = await startManagerServer(options, listen).catch((error) => {
      throw error instanceof TypeError || error instanceof RangeError ? new UsageError(error.message) : error;
    });
    await using _closed = server;
    await print(context, flags.json ? `${formatJson({ listening: server.url })}\n` : `listening on ${server.url}\n`);
    if (flags.collect) await collectMeanwhile(context, flags, nodes, lent.ledger, intervalMs);
    else await aborted(context.signal);
  });
}

async function collectMeanwhile(
  { stdout, signal }: CliContext,
  { bookExisting, quiet, json, coreConfig = [], db }: ServeFlags,
  { nodes }: CliNodes,
  ledger: Ledger,
  intervalMs: number,
): Promise<void> {
  const { collect } = await import("../../collector/collect.ts");
  const { followConfigs } = await import("../core-configs/follow-configs.ts");
  const [file] = coreConfig;
  // Who was seen is kept beside the ledger's file, as `collect` does.
  const follows = file !== undefined && coreConfig.length === 1 && !/^\w+:\/\//.test(db);
  const madeAnew = follows
    ? followConfigs(new Map(nodes.map(({ name }) => [name, file])), `${db}.seen-users`)
    : undefined;
  await collect({
    nodes,
    ledger,
    intervalMs,
    bookExisting,
    madeAnew,
    signal,
    onEvent: (event) => {
      if (!quiet) stdout.write(json ? `${formatJson(eventJson(event))}\n` : eventLine(event));
    },
  });
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

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, host = "", port = ""] = /^(\[[\da-f:.]+\]|[^:[\]]+):(\d{1,5})$/i.exec(text) ?? [];
  if (host === "") throw new UsageError("--listen is written HOST:PORT, as 127.0.0.1:8000 or [::1]:8000");
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** Of a file, of the environment, or of a flag, in this order. */
async function readApiKeys(
  { stderr }: CliContext,
  { keyFile, key }: ServeFlags,
): Promise<readonly ManagerApiKey[] | "none"> {
  if (keyFile !== undefined) {
    const lines = (await readFlagFile("--key-file", keyFile)).split(/\r?\n/).map((line) => line.trim());
    const keys = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(/\s+/));
    if (keys.length === 0 || keys.some((words) => words.length > 2))
      throw new UsageError("a line of --key-file is a key, or a name, a space and a key");
    return keys.map((words, at) => {
      return { name: words.length === 2 ? (words[0] as string) : `key ${at + 1}`, key: words.at(-1) as string };
    });
  }
  const fromEnvironment = process.env[keyVariable];
  if (fromEnvironment) return [{ name: keyVariable, key: fromEnvironment }];
  if (key === undefined) return "none";
  stderr.write("--key shows in the list of processes; --key-file does not\n");
  return [{ name: "--key", key }];
}

async function openKeys(context: CliContext, { coreConfig = [], core, keys }: ServeFlags): Promise<ManagerKeys> {
  if ((coreConfig.length === 0) === (keys === undefined))
    throw new UsageError("say which keys there are: with --core-config, or with --keys");
  const { followKeys } = await import("../../manager/server/follow-keys.ts");
  const read = await (keys === undefined ? configReader(core) : keysReader());
  const tell = tellError(context);
  let starting = true;
  const follow = followKeys(keys === undefined ? coreConfig : [keys], read, (error) => {
    if (!starting) tell(error);
  });
  // What is wrong from the beginning is better told now, and once.
  await follow().catch((error) => {
    throw new UsageError((error as Error).message);
  });
  starting = false;
  return follow;
}

async function configReader(core: ConfigTarget | undefined): Promise<Parameters<typeof followKeys>[1]> {
  const { keysOfConfig } = await import("../../manager/server/keys-of-config.ts");
  return (files) => keysOfConfig(files, { core });
}

async function keysReader(): Promise<Parameters<typeof followKeys>[1]> {
  const { parseKeysFile } = await import("../../manager/server/keys-file.ts");
  return ([file]) => parseKeysFile(file?.text ?? "");
}

/** This machine's own tables, where the core is on it. */
async function hostOf(address: string): Promise<ManagerHost> {
  const { createProcHost, unknownHost } = await import("../../manager/server/manager-host.ts");
  if (address.startsWith("unix:")) return createProcHost();
  const host = new URL(address.includes("://") ? address : `http://${address}`).hostname.replace(/^\[|\]$/g, "");
  const ours = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const isOurs = host === "localhost" || host.startsWith("127.") || ours.some((each) => each.address === host);
  return isOurs ? createProcHost() : unknownHost("the core is on another machine");
}
