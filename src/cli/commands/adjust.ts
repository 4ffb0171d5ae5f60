import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { refuseUnknown } from "../refuse-unknown.ts";
import { adjustAliasCommand } from "./adjust-alias.ts";
import { adjustBytesCommand } from "./adjust-bytes.ts";
import { adjustEraseCommand } from "./adjust-erase.ts";
import { adjustListCommand } from "./adjust-list.ts";
import { adjustNewGenerationCommand } from "./adjust-new-generation.ts";
import { adjustNodesCommand } from "./adjust-nodes.ts";
import { adjustRetractCommand } from "./adjust-retract.ts";
import { adjustSettleCommand } from "./adjust-settle.ts";

const examples = `
Examples:
  v2ray-stats adjust --db usage.db --user alice --bytes -1GiB --reason refund
  v2ray-stats adjust settle --db usage.db 3f0c… --as nothing-lost --reason "planned restart"
  v2ray-stats adjust list --db usage.db
All flags of adjusting bytes: v2ray-stats adjust bytes --help
Every correction stays in the ledger with its reason and its author, and nothing else is changed.`;

export function adjustCommand(context: CliContext): Command {
  return refuseUnknown(new Command("adjust"))
    .description("Correct what a ledger answers, by entries that are added to it.")
    .usage(
      "--db <file|url> --user <name> --bytes <size> --reason <text> [options]\n       v2ray-stats adjust [command]",
    )
    .addCommand(adjustBytesCommand(context), { isDefault: true })
    .addCommand(adjustSettleCommand(context))
    .addCommand(adjustAliasCommand(context))
    .addCommand(adjustEraseCommand(context))
    .addCommand(adjustRetractCommand(context))
    .addCommand(adjustNewGenerationCommand(context))
    .addCommand(adjustListCommand(context))
    .addCommand(adjustNodesCommand(context))
    .addHelpText("after", examples);
}
