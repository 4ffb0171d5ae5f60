import { Command } from "commander";
import { type CliContext, print, printJson } from "../context.ts";
import { UsageError } from "../usage-error.ts";

export function configRulesCommand(context: CliContext): Command {
  return new Command("rules")
    .description("List what config check looks for, or show one rule's page.")
    .argument("[id]", "the rule")
    .action(async (id: string | undefined, _flags: unknown, command: Command) => {
      const { describedRules, formatRulePage } = await import("../../config/check/format-rule-page.ts");
      const { formatTable } = await import("../../report/format-table.ts");
      const { json } = command.optsWithGlobals<{ readonly json?: true }>();
      const shown = describedRules().filter((rule) => id === undefined || rule.id === id);
      const [first] = shown;
      if (first === undefined) throw new UsageError(`there is no rule "${id}"; see v2ray-stats config rules`);
      if (json) await printJson(context, id === undefined ? shown : first);
      else if (id !== undefined) await print(context, formatRulePage(first));
      else {
        const columns = [{ title: "RULE" }, { title: "SEVERITY" }, { title: "CORES" }] as const;
        const rows = shown.map(({ id, severity, targets }) => [id, severity, targets.join(" ")]);
        await print(context, formatTable(columns, rows));
      }
    });
}
