import { Command } from "commander";
import { formatBytes } from "../../report/format-bytes.ts";
import { formatTable } from "../../report/format-table.ts";
import { type CliContext, print, printJson } from "../context.ts";
import { callOptions, type ServerOptions, withCore } from "../server-options.ts";

export function sysCommand(context: CliContext): Command {
  return new Command("sys")
    .description("Show which core answers, its uptime and memory.")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ServerOptions>();
      const [{ kind }, sys] = await withCore(flags, async (core) => [
        await core.detect(callOptions(context)),
        await core.sysStats(callOptions(context)),
      ]);
      if (flags.json) {
        const values = Object.entries(sys).map(([key, value]) => [key, typeof value === "bigint" ? `${value}` : value]);
        return printJson(context, { kind, ...Object.fromEntries(values) });
      }
      const rows = [
        ["core", kind],
        ["uptime", `${sys.uptimeSeconds} s`],
        ["memory from the system", formatBytes(sys.sysBytes)],
        ["heap in use", formatBytes(sys.allocBytes)],
        ["heap allocated in total", formatBytes(sys.totalAllocBytes)],
        ["objects alive", `${sys.liveObjects}`],
        ["objects allocated", `${sys.mallocs}`],
        ["objects freed", `${sys.frees}`],
        ["goroutines", `${sys.goroutines}`],
        ["garbage collections", `${sys.gcCycles}`],
        ["time in their pauses", `${Number(sys.pauseTotalNs) / 1e6} ms`],
      ];
      await print(context, formatTable([{ title: "FIGURE" }, { title: "VALUE", align: "right" }], rows));
    });
}
