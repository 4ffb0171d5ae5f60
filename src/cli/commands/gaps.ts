import { Command } from "commander";
import { parseStatName } from "../../names/parse-stat-name.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import type { GapSettlement, LedgerGap } from "../../usage/ledger-gap.ts";
import type { CliContext } from "../context.ts";
import { dbFlag, parseRange, type RangeFlags, rangeOptions, withLedgerToRead } from "../ledger-options.ts";
import { formatCsvLine, formatJsonArray, oneLine, shortName } from "../output-forms.ts";
import { type FormFlags, type Forms, formOf, formOption, printRows, type TimeText } from "../table-form.ts";
import { noteUnknownNode } from "../unknown-names.ts";

interface GapsFlags extends RangeFlags, FormFlags {
  readonly db: string;
  readonly node?: string | undefined;
  readonly all?: true | undefined;
}

export function gapsCommand(context: CliContext): Command {
  const command = new Command("gaps")
    .description("List the windows of a ledger in which traffic may be missing, and why.")
    .requiredOption(...dbFlag)
    .option("--node <name>", "of one node alone")
    .option("--all", "settled ones too")
    .addOption(formOption());
  for (const option of rangeOptions()) command.addOption(option);
  return command.action(async (_flags: unknown, used: Command) => {
    const flags = used.optsWithGlobals<GapsFlags>();
    const form = formOf(flags);
    const range = await parseRange(flags);
    const which = flags.all ? "all" : "open";
    const gaps = await withLedgerToRead(flags.db, async (ledger) => {
      await noteUnknownNode(context, ledger, flags.node);
      return ledger.gaps({ ...range, node: flags.node, which });
    });
    await printRows(context, forms[form], gaps, flags.tz);
  });
}

const forms: Forms<LedgerGap> = {
  table: gapTable,
  csv: gapCsv,
  json: (gaps) => formatJsonArray(gaps.map(gapJson)),
};

function gapJson({ id, node, cause, from, to, bound, settled }: LedgerGap): object {
  return {
    id,
    node,
    cause,
    from: from?.toISOString() ?? null,
    to: to.toISOString(),
    bound: bound === "unknown" ? bound : Array.from(bound, ([name, bytes]) => ({ name, bytes: `${bytes}` })),
    settled: settled === undefined ? null : { ...settled, at: settled.at.toISOString() },
  };
}

/** One line a gap; the bound is that of all users together. */
function gapCsv(gaps: readonly LedgerGap[]): string {
  const titles = ["id", "node", "cause", "from", "to", "users_bound", "settled", "settled_at", "author", "reason"];
  const lines = gaps.map(({ id, node, cause, from, to, bound, settled }) => [
    ...[id, node, cause, from?.toISOString() ?? "", to.toISOString(), String(usersBound(bound))],
    ...[settled?.as ?? "", settled?.at.toISOString() ?? "", settled?.author ?? "", settled?.reason ?? ""],
  ]);
  return [titles, ...lines].map(formatCsvLine).join("");
}

function gapTable(gaps: readonly LedgerGap[], timeText: TimeText): string {
  if (gaps.length === 0) return "no gaps\n";
  const columns = [
    { title: "NODE" },
    { title: "CAUSE" },
    { title: "FROM" },
    { title: "UNTIL" },
    { title: "OF USERS AT MOST", align: "right" as const },
  ];
  const settled = gaps.some((gap) => gap.settled !== undefined) ? [{ title: "SETTLED" }] : [];
  const rows = gaps.map((gap) => {
    const bound = usersBound(gap.bound);
    return [
      ...[shortName(gap.node), gap.cause, gap.from === undefined ? "unknown" : timeText(gap.from), timeText(gap.to)],
      bound === "unknown" ? bound : formatBytes(bound),
      ...settled.map(() => (gap.settled === undefined ? "" : settlementText(gap.settled))),
    ];
  });
  return formatTable([...columns, ...settled], rows);
}

function settlementText({ as, author, reason }: GapSettlement): string {
  return oneLine(`${as}, by ${author}: ${reason}`);
}

/** The same byte is in several scopes, so the users' counters alone are summed. */
function usersBound(bound: LedgerGap["bound"]): bigint | "unknown" {
  if (bound === "unknown") return bound;
  let sum = 0n;
  for (const [name, bytes] of bound) {
    const parsed = parseStatName(name);
    if (parsed.kind === "traffic" && parsed.scope === "user") sum += bytes;
  }
  return sum;
}
