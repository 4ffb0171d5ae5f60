import { Command, Option } from "commander";
import type { Scope } from "../../names/stat-name.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import type { Usage, UsageBucket, UsageKey } from "../../usage/usage-query.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, parseRange, type RangeFlags, rangeOptions, withLedgerToRead } from "../ledger-options.ts";
import { formatCsv, formatJsonArray } from "../output-forms.ts";
import { UsageError } from "../usage-error.ts";

type Format = "table" | "csv" | "json";

interface UsageFlags extends RangeFlags {
  readonly db: string;
  readonly by?: string | undefined;
  readonly node?: string | undefined;
  readonly user?: string | undefined;
  readonly scope: Scope;
  readonly top?: string | undefined;
  readonly format?: Format | undefined;
  readonly json?: true | undefined;
}

const buckets: readonly UsageBucket[] = ["quarter", "hour", "day", "week", "month"];
const keys: readonly UsageKey[] = ["node", "user", "subject", "direction", ...buckets];

export function usageCommand(context: CliContext): Command {
  const command = new Command("usage")
    .description("Answer from a ledger who used how much, also while collect runs.")
    .requiredOption(...dbFlag)
    .option("--by <keys>", `what to split by: ${keys.join(", ")} (of 15 minutes); default: user, or subject`)
    .option("--node <name>", "of one node alone")
    .option("--user <name>", "of one user alone, or one tag of the scope")
    .addOption(new Option("--scope <scope>", "whose counters").choices(["user", "inbound", "outbound"]).default("user"))
    .option("--top <n>", "only so many rows, the largest first")
    .addOption(new Option("--format <format>", "the form (default: table)").choices(["table", "csv", "json"]));
  for (const option of rangeOptions()) command.addOption(option);
  return command.action(async (_flags: unknown, used: Command) => {
    const flags = used.optsWithGlobals<UsageFlags>();
    const format = flags.format ?? (flags.json ? "json" : "table");
    if (flags.json && format !== "json") throw new UsageError("--json and --format contradict each other");
    const by = parseKeys(flags);
    const count = flags.top === undefined ? undefined : parseCount(flags.top);
    const { scope, node, user: subject, tz: timeZone } = flags;
    const range = await parseRange(flags);
    const [rows, gaps] = await withLedgerToRead(flags.db, async (ledger) => [
      await ledger.usage({ ...range, by, scope, node, subject, timeZone }),
      format === "table" ? await ledger.gaps({ ...range, node }) : [],
    ]);
    const shown = count === undefined ? rows : largest(rows, count);
    const { formatBucketStart } = await import("../../usage/zoned-time.ts");
    const cells = shown.map((row) => by.map((key) => cellOf(row, key, timeZone, formatBucketStart)));
    await print(context, formatUsage(format, by, cells, shown));
    if (gaps.length > 0) {
      const touch = gaps.length === 1 ? "1 gap touches" : `${gaps.length} gaps touch`;
      await print(context, `${touch} this time, see v2ray-stats gaps\n`);
    }
  });
}

type FormatStart = (bucket: UsageBucket, start: Date, timeZone: string) => string;

function cellOf(
  { node, subject, direction, start }: Usage,
  key: UsageKey,
  timeZone: string,
  format: FormatStart,
): string {
  switch (key) {
    case "node":
      return node ?? "";
    case "user":
    case "subject":
      return subject ?? "";
    case "direction":
      return direction ?? "";
    default:
      return start === undefined ? "" : format(key, start, timeZone);
  }
}

function formatUsage(
  format: Format,
  by: readonly UsageKey[],
  cells: readonly (readonly string[])[],
  rows: readonly Usage[],
): string {
  const sizes = rows.map(({ uplink, downlink, total }) => [uplink, downlink, total]);
  const titles = [...by, "uplink", "downlink", "total"];
  if (format === "table") {
    if (rows.length === 0) return "no usage\n";
    const columns = titles.map((title, index) => ({
      title: title.toUpperCase(),
      align: index < by.length ? ("left" as const) : ("right" as const),
    }));
    return formatTable(
      columns,
      cells.map((row, index) => [...row, ...(sizes[index] as bigint[]).map(formatBytes)]),
    );
  }
  const lines = cells.map((row, index) => [...row, ...(sizes[index] as bigint[]).map(String)]);
  if (format === "csv") return formatCsv(titles, lines);
  return formatJsonArray(lines.map((line) => Object.fromEntries(line.map((cell, at) => [titles[at], cell]))));
}

function largest(rows: readonly Usage[], count: number): Usage[] {
  return [...rows].sort((a, b) => (a.total < b.total ? 1 : a.total > b.total ? -1 : 0)).slice(0, count);
}

function parseKeys({ by, scope }: UsageFlags): UsageKey[] {
  const words = (by ?? (scope === "user" ? "user" : "subject")).split(",").filter((word) => word !== "");
  const known = words.map((word) => {
    const key = keys.find((each) => each === word);
    if (key === undefined) throw new UsageError(`--by knows no "${word}"; it takes ${keys.join(", ")}`);
    return key;
  });
  if (new Set(known).size < known.length) throw new UsageError("--by names a key twice");
  if (known.filter((key) => buckets.some((bucket) => bucket === key)).length > 1)
    throw new UsageError("--by takes one length of time");
  if (known.includes("user") && scope !== "user") throw new UsageError(`scope ${scope} has no users; use --by subject`);
  return known;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`not a count: "${text}"`);
  return count;
}
