import { Command } from "commander";
import { escapeControls } from "../../internal/escape-controls.ts";
import { formatTable } from "../../report/format-table.ts";
import { type CliContext, print, printJson } from "../context.ts";
import { callOptions, type ServerOptions, withCore } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";

export function onlineCommand(context: CliContext): Command {
  return new Command("online")
    .description("List who is online, or one user's addresses. Only Xray, for levels with statsUserOnline.")
    .argument("[user]", "an e-mail: list the addresses it is online from")
    .action(async (user: string | undefined, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ServerOptions>();
      if (user === "") throw new UsageError("the e-mail is empty");
      if (user === undefined) {
        const users = (await withCore(flags, (core) => core.onlineUsers(callOptions(context)))).sort();
        if (flags.json) return printJson(context, users);
        return print(context, users.length === 0 ? "nobody is online\n" : table("USER", users));
      }
      const ips = await withCore(flags, (core) => core.onlineIps(user, callOptions(context)));
      if (flags.json) return printJson(context, ips);
      if (ips.length === 0) return print(context, `${escapeControls(JSON.stringify(user))} is offline\n`);
      const rows = ips.map(({ ip, connectedAt }) => [ip, connectedAt.toISOString()]);
      await print(context, formatTable([{ title: "ADDRESS" }, { title: "LATEST CONNECTION BEGAN" }], rows));
    });
}

function table(title: string, cells: readonly string[]): string {
  return formatTable(
    [{ title }],
    cells.map((cell) => [cell]),
  );
}
