import { Command, Option } from "commander";
import type { Scope } from "../../names/stat-name.ts";
import { formatBytes, formatRate } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import type { Delta } from "../../snapshot/delta.ts";
import { createRateSmoother, deltaRates, type RateSmoother } from "../../snapshot/rates.ts";
import { type CliContext, print, printJson } from "../context.ts";
import { errorLine } from "../exit-code.ts";
import { parseDuration } from "../parse-duration.ts";
import { type ServerOptions, withCore } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";

interface WatchFlags extends ServerOptions {
  readonly interval: string;
  readonly count?: string | undefined;
  readonly scope: Scope;
}

export function watchCommand(context: CliContext): Command {
  return new Command("watch")
    .description(
      "Show what moves, again and again; survives restarts of the core. Xray on Linux books a spliced connection only after its end: SMOOTH spreads such lumps.",
    )
    .option("--interval <duration>", "time between readings", "1s")
    .option("--count <n>", "stop after so many")
    .addOption(new Option("--scope <scope>", "whose traffic").choices(["user", "inbound", "outbound"]).default("user"))
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<WatchFlags>();
      const intervalMs = parseDuration(flags.interval);
      const count = flags.count === undefined ? Number.POSITIVE_INFINITY : parseCount(flags.count);
      await withCore(flags, async (core) => {
        const smoother = createRateSmoother();
        let seen = 0;
        let reached = false;
        try {
          for await (const delta of core.watch({ intervalMs, signal: context.signal })) {
            smoother.add(delta);
            await (flags.json ? printJson(context, delta) : printDelta(context, delta, smoother, flags));
            reached ||= delta.to !== undefined;
            if (++seen < count) continue;
            // A script must see that there never was a core.
            if (!reached && delta.error !== undefined) throw delta.error;
            return;
          }
        } catch (error) {
          // Ctrl-C is how one leaves.
          if (!context.signal.aborted) throw error;
        }
      });
    });
}

async function printDelta(
  context: CliContext,
  delta: Delta,
  smoother: RateSmoother,
  { scope }: WatchFlags,
): Promise<void> {
  const blocks = [
    `${delta.at.toISOString()}  ${delta.state}${delta.foreignReset ? ", counters reset by somebody else" : ""}\n`,
  ];
  if (delta.error !== undefined) blocks.push(`${errorLine(delta.error)}\n`);
  for (const gap of delta.gaps) blocks.push(`gap: ${gap.cause}, until ${gap.to.toISOString()}\n`);
  if (delta.to !== undefined) blocks.push(rateTable(delta, smoother, scope));
  await print(context, `${blocks.join("")}\n`);
}

function rateTable(delta: Delta, smoother: RateSmoother, scope: Scope): string {
  const totals = new Map(delta.subjects(scope).map((subject) => [subject.subject, subject.total]));
  const now = new Map(deltaRates(delta, scope).map((rate) => [rate.subject, rate]));
  const rows = smoother
    .rates(scope)
    .map(({ subject, uplinkBytesPerSecond, downlinkBytesPerSecond }) => [
      subject,
      formatBytes(totals.get(subject) ?? 0n),
      formatRate(now.get(subject)?.uplinkBytesPerSecond ?? 0),
      formatRate(now.get(subject)?.downlinkBytesPerSecond ?? 0),
      formatRate(uplinkBytesPerSecond + downlinkBytesPerSecond),
    ]);
  if (rows.length === 0) return "nothing moves\n";
  const right = "right" as const;
  return formatTable(
    [
      { title: scope.toUpperCase() },
      { title: "MOVED", align: right },
      { title: "UP", align: right },
      { title: "DOWN", align: right },
      { title: "SMOOTH", align: right },
    ],
    rows,
  );
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`not a count: "${text}"`);
  return count;
}
