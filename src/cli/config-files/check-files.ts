import { type CheckOptions, checkStatsConfig } from "../../config/check/check-stats-config.ts";
import type { Finding } from "../../config/check/finding.ts";
import { fixStatsConfig } from "../../config/check/fix-stats-config.ts";
import { countFindings } from "../../config/check/format-counts.ts";
import { type FindingsFormat, formatFindings } from "../../config/check/format-findings.ts";
import { describedRules } from "../../config/check/format-rule-page.ts";
import type { ConfigFile } from "../../config/load/parse-config.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import { type CliContext, print } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { writeWithBackups } from "./backups.ts";
import type { CoreFlags } from "./core-flags.ts";
import { loadConfig } from "./load-config.ts";
import { stdinName } from "./read-config.ts";
import { sayWritten } from "./say-written.ts";

export interface CheckFlags extends CoreFlags {
  readonly json?: true | undefined;
  readonly fix?: true | undefined;
  readonly format?: FindingsFormat | undefined;
  readonly maxWarnings?: number | undefined;
  readonly disable?: readonly string[] | undefined;
}

/**
 * Prints what is wrong with a configuration, after mending it where that is asked for.
 *
 * @returns Whether it is good enough.
 */
export async function checkFiles(context: CliContext, paths: readonly string[], flags: CheckFlags): Promise<boolean> {
  const format = flags.format ?? (flags.json ? "json" : "text");
  if (flags.json && format !== "json") throw new UsageError("--json and --format contradict each other");
  const unknown = flags.disable?.find((id) => !describedRules().some((rule) => rule.id === id));
  if (unknown !== undefined) throw new UsageError(`there is no rule "${unknown}"; see v2ray-stats config rules`);

  const { files, ...who } = await loadConfig(context, paths, flags);
  const options: CheckOptions = { ...who, disable: flags.disable };
  const isStdin = files[0]?.name === stdinName;
  const result = flags.fix
    ? await mend(context, files, options)
    : { files, findings: checkStatsConfig(files, options) };
  const { findings } = result;
  // Standard output is the mended text's, where that goes there.
  const stream = flags.fix && isStdin ? context.stderr : context.stdout;
  const text = formatFindings(findings, result.files, { format, colour: stream.isTTY && stream.hasColors() });
  if (stream === context.stderr) stream.write(text);
  else await print(context, text);
  return isGoodEnough(context, findings, flags);
}

async function mend(
  context: CliContext,
  before: readonly ConfigFile[],
  options: CheckOptions,
): Promise<{ readonly files: readonly ConfigFile[]; readonly findings: readonly Finding[] }> {
  const { files, fixed, remaining } = fixStatsConfig(before, options);
  const [first] = files;
  if (first?.name === stdinName) await print(context, first.text);
  else {
    const changed = before.flatMap(({ name, text }, index) => {
      const after = (files[index] as ConfigFile).text;
      return after === text ? [] : [{ path: name, before: text, after }];
    });
    sayWritten(context, await writeWithBackups(changed));
  }
  for (const { rule, message } of fixed) context.stderr.write(`mended: ${escapeControls(message)} [${rule}]\n`);
  return { files, findings: remaining };
}

function isGoodEnough({ stderr }: CliContext, findings: readonly Finding[], { maxWarnings }: CheckFlags): boolean {
  const { error, warning } = countFindings(findings);
  const isTooMuch = maxWarnings !== undefined && warning > maxWarnings;
  if (isTooMuch) stderr.write(`${warning} warnings are more than --max-warnings ${maxWarnings} allows\n`);
  return error === 0 && !isTooMuch;
}
