import { enableStats } from "../../config/enable/enable-stats.ts";
import type { ConfigFile } from "../../config/load/parse-config.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import { type CliContext, print, printJson } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { restoreBackups, writeWithBackups } from "./backups.ts";
import type { CoreFlags } from "./core-flags.ts";
import { loadConfig } from "./load-config.ts";
import { readConfig, stdinName } from "./read-config.ts";
import { sayWritten } from "./say-written.ts";
import type { Swap } from "./swap-files.ts";
import { terminalDiff, unifiedDiff } from "./unified-diff.ts";

export interface EnableFlags extends CoreFlags {
  readonly diff?: true | undefined;
  readonly write?: true | undefined;
  readonly undo?: true | undefined;
  readonly apiPort?: number | undefined;
  readonly json?: true | undefined;
}

/**
 * Shows how a configuration is made to count, makes it so, or takes that back.
 *
 * @throws UsageError, ConfigError where there is no such configuration, Error where it cannot be written.
 */
export async function enableFiles(context: CliContext, paths: readonly string[], flags: EnableFlags): Promise<void> {
  if ([flags.diff, flags.write, flags.undo].filter((flag) => flag !== undefined).length > 1)
    throw new UsageError("--diff, --write and --undo contradict each other");
  if (flags.undo) return undo(context, paths, flags);
  const { files, ...who } = await loadConfig(context, paths, flags);
  const { files: made, changes, untouched, api } = enableStats(files, { ...who, api: { port: flags.apiPort } });
  const swaps = files.flatMap(({ name, text }, index): Swap[] => {
    const after = (made[index] as ConfigFile).text;
    return after === text ? [] : [{ path: name, before: text, after }];
  });

  const isStdin = files[0]?.name === stdinName;
  if (flags.write && !isStdin) sayWritten(context, await writeWithBackups(swaps));
  if (flags.json) await printJson(context, { changes, untouched, api: api ?? null, files: changedFiles(swaps) });
  else if (flags.write && isStdin) await print(context, (made[0] as ConfigFile).text);
  else if (!flags.write) await printDiffs(context, swaps);
  const { stderr } = context;
  for (const { file, path, reason } of changes) stderr.write(noteLine("", file, path, reason));
  for (const { file, path, reason } of untouched) stderr.write(noteLine("left alone: ", file, path, reason));
  if (swaps.length === 0) stderr.write("nothing to change\n");
  else if (api !== undefined) stderr.write(`${escapeControls(`the API will be at ${api}`)}\n`);
}

function changedFiles(swaps: readonly Swap[]): ConfigFile[] {
  return swaps.map(({ path, after }) => ({ name: path, text: after }));
}

function noteLine(before: string, file: string, path: string, reason: string): string {
  return `${escapeControls(`${before}${file}: ${path === "" ? "" : `${path}: `}${reason}`)}\n`;
}

async function printDiffs(context: CliContext, swaps: readonly Swap[]): Promise<void> {
  const { stdout } = context;
  for (const { path, before, after } of swaps) {
    const diff = unifiedDiff(path, before, after);
    await print(context, stdout.isTTY ? terminalDiff(diff, stdout.hasColors()) : diff);
  }
}

async function undo(context: CliContext, paths: readonly string[], { core }: CoreFlags): Promise<void> {
  const { files } = await readConfig(context, paths, core);
  if (files[0]?.name === stdinName) throw new UsageError("--undo is for files");
  for (const { path, backup } of await restoreBackups(files))
    context.stderr.write(`${escapeControls(`restored ${path} from ${backup}, which is gone`)}\n`);
}
