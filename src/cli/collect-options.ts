import type { Command } from "commander";
import type { CollectOptions } from "../collector/collect.ts";
import type { CollectedNode } from "../collector/collected-node.ts";
import { dbFlag, isUrl } from "./ledger-options.ts";
import { assertNode, nodeFlag, parseNodeFiles, repeated } from "./node-options.ts";
import { parseDuration } from "./parse-duration.ts";
import type { ServerOptions } from "./server-options.ts";
import { UsageError } from "./usage-error.ts";

/** What every command takes that keeps the usage of cores in a ledger. */
export interface CollectFlags extends ServerOptions {
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

/** Short, for a poll waits for the writing of the last one. What it misses is booked with the next. */
export const collectBusyTimeoutMs = 1000;

/** Adds the flags of {@link CollectFlags} to a command, but for `--interval`. */
export function collectOptions(command: Command): Command {
  return command
    .requiredOption(...nodeFlag, repeated)
    .requiredOption(...dbFlag)
    .option("--book-existing", "book what a core shows that the ledger does not know yet")
    .option("--same-core <name>", "this node's address or kind changed, and it is the same core; repeatable", repeated)
    .option("--core-config <name=file>", "a core's configuration: who is made anew in it begins anew", repeated)
    .option("--seen-users <directory>", "where is kept who was seen there (default: beside the ledger's file)")
    .option("--no-pack", "do not pack past days")
    .option("--quiet", "print no events");
}

/** How the flags want it collected, checked before the ledger is opened. */
export async function readCollectFlags(
  flags: CollectFlags,
  nodes: readonly CollectedNode[],
): Promise<Pick<CollectOptions, "nodes" | "bookExisting" | "sameCore" | "madeAnew" | "pack"> & { intervalMs: number }> {
  const { bookExisting, sameCore = [], pack } = flags;
  const intervalMs = parseDuration(flags.interval);
  for (const name of sameCore) assertNode("--same-core", name, nodes);
  const configs = parseNodeFiles("--core-config", flags.coreConfig ?? [], nodes);
  const madeAnew = configs.size === 0 ? undefined : await openConfigs(configs, flags);
  return { nodes, intervalMs, bookExisting, sameCore, madeAnew, pack };
}

async function openConfigs(
  configs: ReadonlyMap<string, string>,
  { db, seenUsers }: CollectFlags,
): Promise<(node: string) => Promise<readonly string[]>> {
  if (seenUsers === undefined && isUrl(db))
    throw new UsageError("--core-config needs --seen-users where the ledger is no file");
  const { followConfigs } = await import("./core-configs/follow-configs.ts");
  return followConfigs(configs, seenUsers ?? `${db}.seen-users`);
}
