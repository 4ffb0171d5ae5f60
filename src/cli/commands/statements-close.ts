import { Command, Option } from "commander";
import type { Scope } from "../../names/stat-name.ts";
import type { CliContext } from "../context.ts";
import { parseRange, type RangeFlags } from "../ledger-options.ts";
import { repeated } from "../node-options.ts";
import { noteUnknownNode } from "../unknown-names.ts";
import { UsageError } from "../usage-error.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

interface CloseFlags extends CorrectionFlags, RangeFlags {
  readonly scope: Scope;
  readonly user?: readonly string[] | undefined;
  readonly subject?: readonly string[] | undefined;
  readonly node?: string | undefined;
}

export function statementsCloseCommand(context: CliContext): Command {
  return correction(new Command("close"))
    .description("Freeze what a period that is over holds, of each user. No byte of a scope comes into two statements.")
    .requiredOption("--from <time>", "beginning: 2026-03-01, 2026-03-01T06:00, or with a zone of its own")
    .requiredOption("--to <time>", "end, not included")
    .option("--tz <zone>", "the time zone of --from and --to", "UTC")
    .option("--user <name>", "of this user alone; repeatable (default: all)", repeated)
    .addOption(new Option("--scope <scope>", "whose counters").choices(["user", "inbound", "outbound"]).default("user"))
    .option("--subject <name>", "a tag of the scope, in place of --user; repeatable", repeated)
    .option("--node <name>", "of one node alone (default: all)")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CloseFlags>();
      const { scope, user, subject, node } = flags;
      if (user !== undefined && subject !== undefined)
        throw new UsageError("--user and --subject contradict each other");
      if (user !== undefined && scope !== "user") throw new UsageError(`a tag of scope ${scope} is named by --subject`);
      const subjects = user ?? subject;
      const { from, to } = await parseRange(flags);
      await correct(context, flags, async (ledger, signed) => {
        const period = { from: from as Date, to: to as Date, scope, subjects, node };
        await noteUnknownNode(context, ledger, node);
        const id = await ledger.closePeriod({ ...period, ...signed });
        const { rows } = await ledger.statement(id);
        const of = subjects === undefined ? "" : ` of ${subjects.length}`;
        const count = `${rows.length}${of} ${scope}${(subjects ?? rows).length === 1 ? "" : "s"}`;
        return { text: `the period is closed with ${count}, statement ${id}`, json: { id, rows: rows.length } };
      });
    });
}
