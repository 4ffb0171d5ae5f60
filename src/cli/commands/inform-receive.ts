import { Command } from "commander";
import type { ServeTlsOptions } from "../../http/serve-handler.ts";
import { createAddressList } from "../../inform/receive/address-list.ts";
import { parseListenAddress } from "../../internal/listen-address.ts";
import { isLoopback } from "../../internal/loopback.ts";
import { keepPacked } from "../../ledger/keep-packed.ts";
import type { CliContext } from "../context.ts";
import { receiverEventJson, receiverEventLine } from "../inform-event-text.ts";
import { dbFlag, withLedger } from "../ledger-options.ts";
import { repeated } from "../node-options.ts";
import { errorText, formatJson, oneLine } from "../output-forms.ts";
import { parseBytes } from "../parse-bytes.ts";
import { parseDuration } from "../parse-duration.ts";
import { readFlagFile } from "../read-flag-file.ts";
import type { ServerOptions } from "../server-options.ts";
import { UsageError, wellUsed } from "../usage-error.ts";

interface ReceiveFlags extends ServerOptions {
  readonly listen: string;
  readonly db: string;
  readonly keyFile: readonly string[];
  readonly trustedProxy?: readonly string[] | undefined;
  readonly allow?: readonly string[] | undefined;
  readonly maxBody: string;
  readonly maxUnpacked: string;
  readonly maxRate: string;
  readonly maxAhead: string;
  readonly insecureListen?: true | undefined;
  readonly pack: boolean;
  readonly quiet?: true | undefined;
}

const tlsText = `
Here --tls-cert and --tls-key are what this server shows; with --tls-ca only clients with a certificate of it get in.`;

export function informReceiveCommand(context: CliContext): Command {
  return new Command("receive")
    .description("Receive what nodes and panels send, and book it, until stopped. Prints what comes to standard error.")
    .option("--listen <address>", "where to listen; with --tls-cert and --tls-key over HTTPS", "127.0.0.1:8080")
    .requiredOption(...dbFlag)
    .requiredOption("--key-file <file>", "keys that are good, see inform keys; may be repeated", repeated)
    .option("--trusted-proxy <network>", "a proxy of ours, whose X-Forwarded-For is believed; repeatable", repeated)
    .option("--allow <network>", "who may send: 192.0.2.7, 10.0.0.0/8, 2001:db8::/32; repeatable", repeated)
    .option("--max-body <size>", "the largest body, as it is sent", "8MiB")
    .option("--max-unpacked <size>", "the largest body, decompressed", "64MiB")
    .option("--max-rate <size>", "a node's fastest line in bytes a second: more is kept aside", "1.25GB")
    .option("--max-ahead <duration>", "how far a node's clock may be ahead", "24h")
    .option("--insecure-listen", "listen for other machines without TLS")
    .option("--no-pack", "do not pack past days")
    .option("--quiet", "print no events but failures")
    .addHelpText("after", tlsText)
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ReceiveFlags>();
      const limits = readLimits(flags);
      const tls = await readTls(flags);
      assertPrivate(flags, tls);
      const { serveHandler } = await import("../../http/serve-handler.ts");
      const { createInformReceiver } = await import("../../inform/receive/receiver.ts");
      const { openKeyFiles } = await import("../../inform/keys/open-key-files.ts");
      const write = (line: string): void => void context.stderr.write(`${oneLine(line)}\n`);
      const say = (line: string, event: object): void => write(flags.json ? formatJson(event) : line);
      const warn = (message: string): void => say(message, { event: "warning", message });
      // It is read again and again; what is wrong from the beginning is wrong use.
      for (const file of flags.keyFile) await readFlagFile("--key-file", file, "`inform keys add` makes it");
      const keys = await openKeyFiles(flags.keyFile, { onWarning: warn });
      await withLedger(flags.db, {}, async (ledger) => {
        const handler = createInformReceiver({
          ledger,
          keys,
          ...limits,
          onEvent: (event) => {
            if (!flags.quiet || event.kind === "failed") say(receiverEventLine(event), receiverEventJson(event));
          },
        });
        const { listen, insecureListen, pack } = flags;
        const where = { listen, tls, insecureListen, signal: context.signal };
        await using served = await serveHandler(handler, where).catch((error: unknown) => {
          throw error instanceof TypeError ? new UsageError(error.message) : error;
        });
        say(`listening at ${served.url}`, { event: "listening", url: served.url });
        const onFailed = (error: unknown): void =>
          warn(`past days cannot be packed: ${error instanceof Error ? errorText(error) : "unknown"}`);
        const packing = pack ? keepPacked(ledger, { signal: context.signal, firstMs: 0, onFailed }) : undefined;
        await served.closed;
        await packing;
      });
    });
}

/** Keys would go over the network for everybody to read. */
function assertPrivate({ listen, insecureListen }: ReceiveFlags, tls: ServeTlsOptions | undefined): void {
  if (tls !== undefined || insecureListen || isLoopback(parseListenAddress(listen).host)) return;
  throw new UsageError(
    `${listen} can be reached from other machines: say --tls-cert and --tls-key, or --insecure-listen behind a proxy`,
  );
}

function readLimits(flags: ReceiveFlags): {
  readonly allowAddresses: readonly string[] | undefined;
  readonly trustedProxies: readonly string[] | undefined;
  readonly maxBodyBytes: number;
  readonly maxUnpackedBytes: number;
  readonly maxBytesPerSecond: number;
  readonly maxAheadMs: number;
} {
  wellUsed(() => {
    parseListenAddress(flags.listen);
    createAddressList([...(flags.allow ?? []), ...(flags.trustedProxy ?? [])]);
  });
  return {
    allowAddresses: flags.allow,
    trustedProxies: flags.trustedProxy,
    maxBodyBytes: size("--max-body", flags.maxBody),
    maxUnpackedBytes: size("--max-unpacked", flags.maxUnpacked),
    maxBytesPerSecond: size("--max-rate", flags.maxRate),
    maxAheadMs: parseDuration(flags.maxAhead),
  };
}

function size(flag: string, text: string): number {
  const bytes = Number(parseBytes(text));
  if (!(bytes > 0 && bytes < 2 ** 53)) throw new UsageError(`${flag} must be above zero`);
  return bytes;
}

async function readTls({ tlsCert, tlsKey, tlsCa }: ServerOptions): Promise<ServeTlsOptions | undefined> {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError("TLS needs both --tls-cert and --tls-key");
  return {
    cert: await readFlagFile("--tls-cert", tlsCert),
    key: await readFlagFile("--tls-key", tlsKey),
    ca: await readFlagFile("--tls-ca", tlsCa),
  };
}
