import type { ConfigTarget } from "../config/target.ts";
import type { ManagerApiKey } from "../manager/server/access.ts";
import type { followKeys } from "../manager/server/follow-keys.ts";
import type { ManagerKeys } from "../manager/server/served-key.ts";
import type { CliContext } from "./context.ts";
import { readFlagFile } from "./read-flag-file.ts";
import { UsageError } from "./usage-error.ts";

/** The environment's variable that holds an API key. */
export const apiKeyVariable = "V2RAY_STATS_MANAGER_KEY";

/** Who may ask. */
export interface ManagerApiKeyFlags {
  readonly keyFile?: string | undefined;
  readonly key?: string | undefined;
}

/** Which keys there are to tell of. */
export interface ServedKeyFlags {
  readonly coreConfig?: readonly string[] | undefined;
  readonly core?: ConfigTarget | undefined;
  readonly keys?: string | undefined;
}

/** Of a file, of the environment, or of a flag, in this order. */
export async function readManagerApiKeys(
  { stderr }: CliContext,
  { keyFile, key }: ManagerApiKeyFlags,
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
  const fromEnvironment = process.env[apiKeyVariable];
  if (fromEnvironment) return [{ name: apiKeyVariable, key: fromEnvironment }];
  if (key === undefined) return "none";
  stderr.write("--key shows in the list of processes; --key-file does not\n");
  return [{ name: "--key", key }];
}

/** Follows the keys, and tells what goes wrong with that later. @throws UsageError where they cannot be read now */
export async function openServedKeys(
  { coreConfig = [], core, keys }: ServedKeyFlags,
  tell: (error: unknown) => void,
): Promise<ManagerKeys> {
  if ((coreConfig.length === 0) === (keys === undefined))
    throw new UsageError("say which keys there are: with --core-config, or with --keys");
  const { followKeys } = await import("../manager/server/follow-keys.ts");
  const read = await (keys === undefined ? configReader(core) : keysReader());
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
  const { keysOfConfig } = await import("../manager/server/keys-of-config.ts");
  return (files) => keysOfConfig(files, { core });
}

async function keysReader(): Promise<Parameters<typeof followKeys>[1]> {
  const { parseKeysFile } = await import("../manager/server/keys-file.ts");
  return ([file]) => parseKeysFile(file?.text ?? "");
}
