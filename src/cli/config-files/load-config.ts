import { guessConfigTarget } from "../../config/load/guess-target.ts";
import type { ConfigFile } from "../../config/load/parse-config.ts";
import { type ConfigTarget, targetName } from "../../config/target.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import type { CliContext } from "../context.ts";
import type { CoreFlags } from "./core-flags.ts";
import { readConfig, readsFile } from "./read-config.ts";

/** A configuration and who reads it. */
export interface LoadedConfig {
  readonly files: readonly ConfigFile[];
  readonly core: ConfigTarget;
  readonly version: string | undefined;
  /** The cores that read nothing but JSON read it from files of any name. */
  readonly format: "json" | undefined;
}

/**
 * Reads a configuration from files, directories or standard input, and where the flags do not say which core it is for,
 * guesses and says so on standard error.
 *
 * @throws UsageError for what cannot be read, ConfigError for what is not UTF-8.
 */
export async function loadConfig(
  context: CliContext,
  paths: readonly string[],
  flags: CoreFlags,
): Promise<LoadedConfig> {
  const { files, ofFolders } = await readConfig(context, paths, flags.core);
  const core = flags.core ?? guessCore(context, files);
  const taken = files.filter(({ name }) => !ofFolders.has(name) || readsFile(core, name));
  return {
    files: taken,
    core,
    version: flags.coreVersion,
    format: core === "v2ray5" || core === "xray" ? undefined : "json",
  };
}

function guessCore({ stderr }: CliContext, files: readonly ConfigFile[]): ConfigTarget {
  const { core, because } = guessConfigTarget(files);
  const reason = because === undefined ? "" : `, since ${escapeControls(because)}`;
  stderr.write(`taken for ${targetName(core)}${reason}; --core says otherwise\n`);
  return core;
}
