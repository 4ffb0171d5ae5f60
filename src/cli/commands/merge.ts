import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { StatsError } from "../../errors/stats-error.ts";
import type { LedgersMerged, RefusedNode } from "../../ledger/exchange/merge-ledgers.ts";
import type { LedgerMoved } from "../../ledger/exchange/move-ledger.ts";
import { type CliContext, print } from "../context.ts";
import { dbFlag, withLedger, withLedgerToChange } from "../ledger-options.ts";
import { formatJson, oneLine } from "../output-forms.ts";
import { UsageError } from "../usage-error.ts";

interface MergeFlags {
  readonly db: string;
  readonly move?: true | undefined;
  readonly replace?: true | undefined;
  readonly yes?: true | undefined;
  readonly quiet?: true | undefined;
  readonly json?: true | undefined;
}

export function mergeCommand(context: CliContext): Command {
  return new Command("merge")
    .description("Merge a ledger into another one. What that one holds already is not counted again.")
    .argument("<ledger>", "the ledger to merge, as --db names one")
    .requiredOption(...dbFlag)
    .option("--move", "what the ledger records is recorded in the other one from then on, without a gap")
    .option("--replace", "where another ledger recorded a node so far, this one takes its place")
    .option("--yes", "do not ask")
    .option("--quiet", "no progress")
    .action(async (from: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<MergeFlags>();
      if (from === flags.db) throw new UsageError("a ledger cannot be merged into itself");
      if (!flags.yes && !(await confirmed(context, flags)))
        return print(context, flags.json ? "{}\n" : "nothing was merged\n");
      const merged = await merge(context, from, flags);
      await print(context, flags.json ? `${formatJson(jsonOf(merged))}\n` : `${summaryOf(merged)}\n`);
      if (merged.refused.length > 0) throw new StatsError("ledger", merged.refused.map(refusalText).join("; "));
    });
}

async function merge(context: CliContext, file: string, { db, move, replace, quiet }: MergeFlags): Promise<Merged> {
  const { mergeLedgers } = await import("../../ledger/exchange/merge-ledgers.ts");
  const { moveLedger } = await import("../../ledger/exchange/move-ledger.ts");
  const { stderr, signal } = context;
  const shown = stderr.isTTY && !quiet;
  const onProgress = ({ rows, entries }: LedgersMerged): void => {
    if (shown) stderr.write(`\r${rows} rows, ${entries} entries`);
  };
  const options = { replace, signal, onProgress };
  return withLedgerToChange(file, (from) =>
    withLedger(db, {}, async (to) => {
      try {
        return move ? await moveLedger(from, to, options) : { ...(await mergeLedgers(from, to, options)), nodes: [] };
      } finally {
        if (shown) stderr.write("\r\u001b[K");
      }
    }),
  );
}

type Merged = LedgerMoved;

function jsonOf({ rows, entries, nodes, refused }: Merged): object {
  return { rows, entries, moved: nodes, refused };
}

function summaryOf({ rows, entries, nodes, refused }: Merged): string {
  const moved = nodes.length === 0 ? "" : `; ${nodes.map(oneLine).join(", ")} moved`;
  if (rows + entries > 0)
    return `${rows} ${rows === 1 ? "row" : "rows"} and ${entries} ${entries === 1 ? "entry" : "entries"} were new${moved}`;
  return refused.length === 0 || moved !== "" ? `nothing was new${moved}` : "nothing was merged";
}

const whys: Readonly<Record<RefusedNode["reason"], string>> = {
  "other-ledger": "another ledger records it there; if this one takes its place, say --replace",
  sealed: "another ledger took its place there",
  own: "it is recorded there; what was merged can only be a copy of it",
  diverged: "what is held there came from another copy of this ledger; merge again",
  rewind: "another merge of this ledger runs; merge again",
  "not-allowed": "it may not be merged",
};

function refusalText({ node, reason }: RefusedNode): string {
  return `${oneLine(node)} was not merged: ${whys[reason]}`;
}

/** A merge can be done again; what takes the right to record away cannot be undone. */
async function confirmed({ stdin, stderr, signal }: CliContext, { move, replace }: MergeFlags): Promise<boolean> {
  if (!move && !replace) return true;
  if (!stdin.isTTY) throw new UsageError("--move and --replace ask before they act; without a terminal say --yes");
  const what = move ? "Seal this ledger, and record its nodes in the other one?" : "Seal what other ledgers recorded?";
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await prompt.question(`${what} It cannot be undone. [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
