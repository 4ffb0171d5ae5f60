import { Command, Option } from "commander";
import type { LedgerGap } from "../../ledger/gap.ts";
import { parseStatName } from "../../names/parse-stat-name.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, parseRange, type RangeFlags, rangeOptions, withLedgerToRead } from "../ledger-options.ts";
import { formatJsonArray } from "../output-forms.ts";
import { UsageError } from "../usage-error.ts";

interface GapsFlags extends RangeFlags {
  readonly db: string;
  readonly node?: string | undefined;
  readonly format?: "table" | "json" | undefined;
  readonly json?: true | undefined;
}

export function gapsCommand(context: CliContext): Command {
  const command = new Command("gaps")
    .description("List the windows of a ledger in which traffic may be missing, and why.")
    .requiredOption(...dbFlag)
    .option("--node <name>", "of one node alone")
    .addOption(new Option("--format <format>", "the form (default: table)").choices(["table", "json"]));
  for (const option of rangeOptions()) command.addOption(option);
  return command.action(async (_flags: unknown, used: Command) => {
    const flags = used.optsWithGlobals<GapsFlags>();
    const format = flags.format ?? (flags.json ? "json" : "table");
    if (flags.json && format !== "json") throw new UsageError("--json and --format contradict each other");
    const range = await parseRange(flags);
    const gaps = await withLedgerToRead(flags.db, (ledger) => ledger.gaps({ ...range, node: flags.node }));
    await print(context, format === "json" ? formatJsonArray(gaps.map(gapJson)) : gapTable(gaps));
  });
}

function gapJson({ id, node, cause, from, to, bound }: LedgerGap): object {
  return {
    id,
    node,
    cause,
    from: from?.toISOString() ?? null,
    to: to.toISOString(),
    bound: bound === "unknown" ? bound : Array.from(bound, ([name, bytes]) => ({ name, bytes: `${bytes}` })),
  };
}

function gapTable(gaps: readonly LedgerGap[]): string {
  if (gaps.length === 0) return "no gaps\n";
  const columns = [
    { title: "NODE" },
    { title: "CAUSE" },
    { title: "FROM" },
    { title: "UNTIL" },
    { title: "OF USERS AT MOST", align: "right" as const },
  ];
  const rows = gaps.map(({ node, cause, from, to, bound }) => {
    return [node, cause, from?.toISOString() ?? "unknown", to.toISOString(), boundText(bound)];
  });
  return formatTable(columns, rows);
}

/** The same byte is in several scopes, so the users' counters alone are summed. */
function boundText(bound: LedgerGap["bound"]): string {
  if (bound === "unknown") return bound;
  let sum = 0n;
  for (const [name, bytes] of bound) {
    const parsed = parseStatName(name);
    if (parsed.kind === "traffic" && parsed.scope === "user") sum += bytes;
  }
  return formatBytes(sum);
}
