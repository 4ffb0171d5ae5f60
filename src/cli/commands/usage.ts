import { Command, Option } from "commander";
import type { Scope } from "../../names/stat-name.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import type { UsageNotes } from "../../usage/usage-answer.ts";
import type { Usage, UsageBucket, UsageKey } from "../../usage/usage-query.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, parseRange, type RangeFlags, rangeOptions, withLedgerToRead } from "../ledger-options.ts";
import { formatCsvLine, formatJson, oneLine, shortName } from "../output-forms.ts";
import { type FormFlags, type FormName, formOf, formOption } from "../table-form.ts";
import { noteUnknownNode } from "../unknown-names.ts";
import { UsageError } from "../usage-error.ts";

interface UsageFlags extends RangeFlags, FormFlags {
  readonly db: string;
  readonly by?: string | undefined;
  readonly node?: string | undefined;
  readonly user?: string | undefined;
  readonly scope: Scope;
  readonly generation: "all" | "current";
  readonly top?: string | undefined;
}

const buckets: readonly UsageBucket[] = ["quarter", "hour", "day", "week", "month"];
const keys: readonly UsageKey[] = ["node", "user", "subject", "generation", "source", "direction", ...buckets];

export function usageCommand(context: CliContext): Command {
  const command = new Command("usage")
    .description("Answer from a ledger who used how much, also while collect runs.")
    .requiredOption(...dbFlag)
    .option("--by <keys>", `what to split by: ${keys.join(", ")}; a quarter is 15 minutes (default: user, or subject)`)
    .option("--node <name>", "of one node alone")
    .option("--user <name>", "of one user alone, or one tag of the scope")
    .addOption(new Option("--scope <scope>", "whose counters").choices(["user", "inbound", "outbound"]).default("user"))
    .addOption(
      new Option("--generation <which>", "of users that were made anew: all they used, or since then")
        .choices(["all", "current"])
        .default("all"),
    )
    .option("--top <n>", "only so many rows, the largest first")
    .addOption(formOption());
  for (const option of rangeOptions()) command.addOption(option);
  return command.action(async (_flags: unknown, used: Command) => {
    const flags = used.optsWithGlobals<UsageFlags>();
    const form = formOf(flags);
    const by = parseKeys(flags);
    const count = flags.top === undefined ? undefined : parseCount(flags.top);
    const { scope, generation, node, user: subject, tz: timeZone } = flags;
    const query = { ...(await parseRange(flags)), by, scope, generation, node, subject, timeZone };
    const write = writers[form];
    const { formatBucketStart } = await import("../../usage/zoned-time.ts");
    const cells = (row: Usage): Cell[] => by.map((key) => cellOf(row, key, timeZone, formatBucketStart));
    const notes = await withLedgerToRead(flags.db, async (ledger) => {
      await noteUnknownNode(context, ledger, node);
      const rows = count === undefined ? ledger.usageRows(query) : largest(() => ledger.top(count, query));
      return write(context, by, rows, cells);
    });
    const told = notesText(notes);
    if (told === undefined) return;
    if (form === "table") await print(context, `${told}\n`);
    else context.stderr.write(`v2ray-stats: ${told}\n`);
  });
}

/** What a row is of; `undefined` where a correction is of no node, generation or source. */
type Cell = string | undefined;

type Rows = AsyncGenerator<Usage, UsageNotes, undefined>;

async function* largest(ask: () => Promise<{ rows: readonly Usage[]; notes: UsageNotes }>): Rows {
  const { rows, notes } = await ask();
  yield* rows;
  return notes;
}

type Write = (
  context: CliContext,
  by: readonly UsageKey[],
  rows: Rows,
  cells: (row: Usage) => Cell[],
) => Promise<UsageNotes>;

const writers: Readonly<Record<FormName, Write>> = { table: writeTable, csv: writeCsv, json: writeJson };

/** Columns are as wide as the widest of all rows. */
async function writeTable(
  context: CliContext,
  by: readonly UsageKey[],
  rows: Rows,
  cells: (row: Usage) => Cell[],
): Promise<UsageNotes> {
  const lines: string[][] = [];
  const notes = await forEach(rows, async (row) => {
    lines.push([...cells(row).map((cell = "") => shortName(cell)), ...sizes(row).map(formatBytes)]);
  });
  const columns = titles(by).map((title, index) => ({
    title: title.toUpperCase(),
    align: index < by.length ? ("left" as const) : ("right" as const),
  }));
  await print(context, lines.length === 0 ? "no usage\n" : formatTable(columns, lines));
  return notes;
}

async function writeCsv(
  context: CliContext,
  by: readonly UsageKey[],
  rows: Rows,
  cells: (row: Usage) => Cell[],
): Promise<UsageNotes> {
  const out = new Output(context);
  await out.add(formatCsvLine(titles(by)));
  const notes = await forEach(rows, (row) =>
    out.add(formatCsvLine([...cells(row).map((cell = "") => cell), ...sizes(row).map(String)])),
  );
  await out.end();
  return notes;
}

async function writeJson(
  context: CliContext,
  by: readonly UsageKey[],
  rows: Rows,
  cells: (row: Usage) => Cell[],
): Promise<UsageNotes> {
  const out = new Output(context);
  const names = titles(by);
  let before = "[\n  ";
  const notes = await forEach(rows, async (row) => {
    const line = [...cells(row), ...sizes(row).map(String)];
    await out.add(before + formatJson(Object.fromEntries(line.map((cell, at) => [names[at], cell ?? null]))));
    before = ",\n  ";
  });
  await out.add(before === "[\n  " ? "[]\n" : "\n]\n");
  await out.end();
  return notes;
}

/** Text for standard output, in pieces of some size. */
class Output {
  readonly #context: CliContext;
  #text = "";

  constructor(context: CliContext) {
    this.#context = context;
  }

  async add(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length > 65_536) await this.end();
  }

  async end(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    await print(this.#context, text);
  }
}

/** @returns What the generator returns at its end. */
async function forEach(rows: Rows, take: (row: Usage) => Promise<void>): Promise<UsageNotes> {
  for (;;) {
    const next = await rows.next();
    if (next.done) return next.value;
    await take(next.value);
  }
}

function titles(by: readonly UsageKey[]): string[] {
  return [...by, "uplink", "downlink", "total"];
}

function sizes({ uplink, downlink, total }: Usage): bigint[] {
  return [uplink, downlink, total];
}

function notesText({ gaps, late, unproven, overlaps }: UsageNotes): string | undefined {
  const parts: string[] = [];
  if (gaps.length === 1) parts.push("1 gap touches this time, see v2ray-stats gaps");
  if (gaps.length > 1) parts.push(`${gaps.length} gaps touch this time, see v2ray-stats gaps`);
  const [first] = late;
  if (first !== undefined) {
    const others = late.length === 1 ? "" : `, as in ${late.length - 1} more`;
    parts.push(
      `what ${first.node} moved from ${first.from.toISOString()} to ${first.to.toISOString()} is booked at the end${others}`,
    );
  }
  for (const { node, source, bytes } of unproven)
    parts.push(`${formatBytes(bytes)} of ${node} are unproven, told by ${source}`);
  for (const { node, source, bytes } of overlaps)
    parts.push(`${formatBytes(bytes)} of ${node} that ${source} told are left out, as a better source tells of them`);
  return parts.length === 0 ? undefined : oneLine(parts.join("; "));
}

type FormatStart = (bucket: UsageBucket, start: Date, timeZone: string) => string;

function cellOf(row: Usage, key: UsageKey, timeZone: string, format: FormatStart): Cell {
  switch (key) {
    case "user":
    case "subject":
      return row.subject;
    case "generation":
      return row.generation === undefined ? undefined : String(row.generation);
    case "node":
    case "source":
    case "direction":
      return row[key];
    default:
      return row.start && format(key, row.start, timeZone);
  }
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
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`--top takes a count from 1 on, not "${text}"`);
  return count;
}
