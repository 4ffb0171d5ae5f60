import { randomUUID } from "node:crypto";
import type { StatsBlocksOptions, StatsConfigOptions } from "../../config/build/build-options.ts";
import { buildStatsBlocks } from "../../config/build/build-stats-blocks.ts";
import { buildStatsConfig } from "../../config/build/build-stats-config.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import { type CliContext, print } from "../context.ts";
import { UsageError, wellUsed } from "../usage-error.ts";
import type { CoreFlags } from "./core-flags.ts";
import { readConfig } from "./read-config.ts";

export interface BuildFlags extends CoreFlags {
  readonly inbound?: readonly string[] | undefined;
  readonly user?: readonly string[] | undefined;
  readonly apiPort?: number | undefined;
  readonly blocks?: true | undefined;
  readonly options?: string | undefined;
}

/** Somebody of `--user`. */
interface NamedUser {
  readonly email: string;
  readonly id: string;
  readonly level: number | undefined;
}

/**
 * Prints a configuration, or its blocks, as JSON, and on standard error the ids that were made for users.
 *
 * @throws UsageError where nothing can be built of the flags.
 */
export async function buildConfig(context: CliContext, flags: BuildFlags): Promise<void> {
  const options = flags.options === undefined ? optionsOf(context, flags) : await readOptions(context, flags);
  // Whatever they are made of, the options came with the command line.
  const built = wellUsed((): object =>
    flags.blocks
      ? buildStatsBlocks(options as StatsBlocksOptions as never)
      : buildStatsConfig(options as StatsConfigOptions as never),
  );
  await print(context, `${JSON.stringify(built, undefined, 2)}\n`);
}

async function readOptions(context: CliContext, flags: BuildFlags): Promise<unknown> {
  const { core, coreVersion, inbound, user, apiPort } = flags;
  if ([core, coreVersion, inbound, user, apiPort].some((value) => value !== undefined))
    throw new UsageError("--options says everything: leave the other flags out, but for --blocks");
  const { files } = await readConfig(context, [flags.options as string], undefined);
  try {
    return JSON.parse((files[0] as { text: string }).text);
  } catch (error) {
    throw new UsageError(`the file of --options is not JSON: ${(error as Error).message}`);
  }
}

/** The options as JSON would have them; the builder checks them. */
function optionsOf({ stderr }: CliContext, flags: BuildFlags): unknown {
  const { core, coreVersion, inbound = [], user = [], apiPort = 10085, blocks } = flags;
  if (core === undefined) throw new UsageError("say for which core: --core");
  const base = { target: core, version: coreVersion, api: { port: apiPort } };
  if (blocks) {
    if (inbound.length > 0 || user.length > 0)
      throw new UsageError("--blocks is for the inbounds and users of another configuration");
    if (core === "sing-box")
      throw new UsageError("sing-box must be told the names to count: give inbounds, outbounds and users in --options");
    return base;
  }
  if (inbound.length === 0) throw new UsageError("say where connections come in: --inbound vmess:443");
  const users = user.map((text) => parseUser(text, stderr));
  return { ...base, inbounds: inbound.map((text) => inboundOf(text, users)) };
}

function parseUser(text: string, stderr: CliContext["stderr"]): NamedUser {
  const [, email = "", given = "", level] = /^([^:]+)(?::([^:]*)(?::(\d+))?)?$/.exec(text) ?? [];
  // What was given may hold a password.
  if (email === "") throw new UsageError("--user takes EMAIL, EMAIL:ID or EMAIL:ID:LEVEL");
  const id = given === "" ? randomUUID() : given;
  if (id !== given) stderr.write(`${escapeControls(`${email} has the id ${id}`)}\n`);
  return { email, id, level: level === undefined ? undefined : Number(level) };
}

function inboundOf(text: string, users: readonly NamedUser[]): object {
  const [, protocol = "", port = "", tag] = /^([\w-]+):(\d+)(?::(.+))?$/.exec(text) ?? [];
  if (protocol === "") throw new UsageError(`not PROTOCOL:PORT[:TAG]: "${text}"`);
  const place = { protocol, port: Number(port), tag };
  switch (protocol) {
    case "vmess":
    case "vless":
      return { ...place, users };
    case "socks":
    case "http": {
      // One level holds for all accounts.
      const accounts = users.map(({ email, id }) => ({ email, password: id }));
      const levels = new Set(users.map(({ level }) => level ?? 0));
      if (levels.size > 1) throw new UsageError(`all users of a ${protocol} inbound have one level`);
      return { ...place, level: users[0]?.level, users: accounts.length === 0 ? undefined : accounts };
    }
    case "shadowsocks":
      return { ...place, method: "aes-256-gcm", users: users.map(withPassword) };
    default:
      return { ...place, users: users.map(withPassword) };
  }
}

function withPassword({ email, id, level }: NamedUser): object {
  return { email, password: id, level };
}
