import { stat } from "node:fs/promises";
import type { Command } from "commander";
import type { TlsOptions } from "../internal/tls-options.ts";
import type { CliContext } from "./context.ts";
import { repeated } from "./node-options.ts";
import { oneLine } from "./output-forms.ts";
import { readFlagFile } from "./read-flag-file.ts";
import { UsageError } from "./usage-error.ts";

/** The environment's variable that holds a key. */
const keyVariable = "V2RAY_STATS_KEY";

/** Where to send, and with which key. */
export interface HubFlags {
  readonly hub: string;
  readonly keyFile?: readonly string[] | undefined;
  readonly key?: string | undefined;
  readonly hubCa?: string | undefined;
  readonly hubCert?: string | undefined;
  readonly hubKey?: string | undefined;
  readonly insecureHub?: true | undefined;
}

/** Adds the flags of {@link HubFlags} to a command. */
export function hubOptions(command: Command): Command {
  return command
    .requiredOption("--hub <url>", "where to send, https://…")
    .option("--key-file <file>", `holds the printed key alone (or env ${keyVariable}); NAME=FILE for several`, repeated)
    .option("--key <text>", "the key itself; other users of this machine can see it")
    .option("--hub-ca <file>", "certificate authorities to trust for the hub, PEM")
    .option("--hub-cert <file>", "our certificate for the hub, PEM")
    .option("--hub-key <file>", "its key, PEM")
    .option("--insecure-hub", "send over http:// to other machines: key and usage can be read on the way");
}

/** What both senders take. */
export interface HubConnection {
  readonly tls: TlsOptions | undefined;
  readonly allowInsecure: boolean;
}

/** Reads certificates. */
export async function readHubConnection({ hubCa, hubCert, hubKey, insecureHub }: HubFlags): Promise<HubConnection> {
  const allowInsecure = insecureHub === true;
  if ([hubCa, hubCert, hubKey].every((file) => file === undefined)) return { tls: undefined, allowInsecure };
  const [ca, cert, key] = await Promise.all([
    readFlagFile("--hub-ca", hubCa),
    readFlagFile("--hub-cert", hubCert),
    readFlagFile("--hub-key", hubKey),
  ]);
  return { tls: { ca, cert, key }, allowInsecure };
}

/**
 * The key of each node; `undefined` where none is given.
 *
 * @throws UsageError where several nodes have one key: a key is of one node.
 */
export async function readKeys(
  context: CliContext,
  { keyFile = [], key }: HubFlags,
  nodes: readonly string[],
): Promise<(node: string) => string | undefined> {
  const warn = (text: string): void => void context.stderr.write(`v2ray-stats: ${oneLine(text)}\n`);
  if (key !== undefined) warn(`other users of this machine can see --key; use --key-file or ${keyVariable}`);
  const single = key ?? (process.env[keyVariable] || undefined);
  const files = new Map<string | undefined, string>();
  for (const text of keyFile) {
    const at = text.indexOf("=");
    const name = nodes.find((node) => node === text.slice(0, Math.max(at, 0)));
    if (files.has(name)) throw new UsageError("--key-file is there twice for one node");
    files.set(name, name === undefined ? text : text.slice(at + 1));
  }
  const keys = new Map<string | undefined, string>();
  for (const [name, file] of files) {
    keys.set(name, (await readFlagFile("--key-file", file)).trim());
    const { mode } = await stat(file);
    // On Windows modes say nothing.
    if ((mode & 0o077) !== 0 && process.platform !== "win32")
      warn(`others than its owner can read ${file}; run: chmod 600 ${file}`);
  }
  const shared = keys.get(undefined) ?? single;
  if (nodes.length > 1 && shared !== undefined)
    throw new UsageError("a key is of one node; with several, write --key-file NAME=FILE for each");
  return (node) => keys.get(node) ?? shared;
}
