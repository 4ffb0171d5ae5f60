import { Command, Option } from "commander";
import type { Direction, Scope } from "../../names/stat-name.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import type { CliContext } from "../context.ts";
import { parseRange } from "../ledger-options.ts";
import { parseBytes } from "../parse-bytes.ts";
import { noteUnknownNode, noteUnknownSubject } from "../unknown-names.ts";
import { UsageError } from "../usage-error.ts";
import { type CorrectionFlags, correct, correction } from "./adjust-flags.ts";

interface BytesFlags extends CorrectionFlags {
  readonly user?: string | undefined;
  readonly scope: Scope;
  readonly subject?: string | undefined;
  readonly bytes: string;
  readonly direction: "up" | "down";
  readonly node?: string | undefined;
  readonly at?: string | undefined;
  readonly tz: string;
}

const directions = { up: "uplink", down: "downlink" } as const satisfies Record<string, Direction>;

export function adjustBytesCommand(context: CliContext): Command {
  return correction(new Command("bytes"))
    .description("Add bytes to somebody's usage, or take some away. The command where no other is named.")
    .option("--user <name>", "whose usage")
    .addOption(
      new Option("--scope <scope>", "whose counters, with --subject")
        .choices(["user", "inbound", "outbound"])
        .default("user"),
    )
    .option("--subject <name>", "a tag of the scope, in place of --user")
    .requiredOption("--bytes <size>", "how many: 4096, 1.5GiB, or -500MB to take them away")
    .addOption(new Option("--direction <way>", "which way they count as").choices(["up", "down"]).default("down"))
    .option("--node <name>", "the node they count for (default: none)")
    .option("--at <time>", "the time they count for (default: now)")
    .option("--tz <zone>", "the time zone of --at", "UTC")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<BytesFlags>();
      const { user, subject = user, scope, node } = flags;
      if (subject === undefined || (user !== undefined && flags.subject !== undefined))
        throw new UsageError("say whose usage: --user, or --scope and --subject");
      if (user !== undefined && scope !== "user") throw new UsageError(`a tag of scope ${scope} is named by --subject`);
      const bytes = parseBytes(flags.bytes);
      const { from: at } = await parseRange({ from: flags.at, tz: flags.tz });
      const direction = directions[flags.direction];
      await correct(context, flags, async (ledger, signed) => {
        await noteUnknownSubject(context, ledger, { scope, subject });
        await noteUnknownNode(context, ledger, node);
        const id = await ledger.adjust({ scope, subject, bytes, direction, node, at, ...signed });
        const done = bytes < 0n ? `${formatBytes(-bytes)} taken from` : `${formatBytes(bytes)} added to`;
        return { text: `${done} the ${direction} of ${subject}, entry ${id}`, json: { id } };
      });
    });
}
