import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { refuseUnknown } from "../refuse-unknown.ts";
import { statementsCloseCommand } from "./statements-close.ts";
import { statementsListCommand } from "./statements-list.ts";
import { statementsReopenCommand } from "./statements-reopen.ts";
import { statementsDifferencesCommand, statementsShowCommand } from "./statements-show.ts";

const examples = `
Examples:
  v2ray-stats statements close --db usage.db --from 2026-10-01 --to 2026-11-01 --tz Europe/Berlin --reason bills
  v2ray-stats statements --db usage.db
  v2ray-stats statements show --db usage.db 3f0c… --format csv
  v2ray-stats statements differences --db usage.db 3f0c…
A statement freezes what a period holds. Nothing else is changed by it, and what comes later is a difference.`;

export function statementsCommand(context: CliContext): Command {
  return refuseUnknown(new Command("statements"))
    .description("Close periods of a ledger: freeze what was billed, and see what came later.")
    .usage("--db <file|url> [options]\n       v2ray-stats statements [command]")
    .addCommand(statementsListCommand(context), { isDefault: true })
    .addCommand(statementsCloseCommand(context))
    .addCommand(statementsShowCommand(context))
    .addCommand(statementsDifferencesCommand(context))
    .addCommand(statementsReopenCommand(context))
    .addHelpText("after", examples);
}
