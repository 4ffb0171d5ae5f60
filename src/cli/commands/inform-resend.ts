import { Command } from "commander";
import { StatsError } from "../../errors/stats-error.ts";
import { type CliContext, print } from "../context.ts";
import { type HubFlags, hubOptions, readHubConnection, readKeys } from "../hub-options.ts";
import { assertThere, isUrl } from "../ledger-options.ts";
import { errorText, formatJson, oneLine } from "../output-forms.ts";
import { parseDuration } from "../parse-duration.ts";
import type { ServerOptions } from "../server-options.ts";
import { asUsageError, UsageError } from "../usage-error.ts";

interface ResendFlags extends ServerOptions, HubFlags {
  readonly db?: string | undefined;
  readonly aside?: string | undefined;
}

export function informResendCommand(context: CliContext): Command {
  const command = new Command("resend")
    .description("Send again what a hub refused and inform send kept aside; what is taken now is removed.")
    .option("--db <file>", "the ledger of inform send, beside which it was kept")
    .option("--aside <directory>", "where it was kept, if elsewhere");
  return hubOptions(command).action(async (_flags: unknown, used: Command) => {
    const flags = used.optsWithGlobals<ResendFlags>();
    const { hub } = flags;
    const aside = flags.aside ?? besideLedger(flags.db);
    const connection = await readHubConnection(flags);
    const key = (await readKeys(context, flags, []))("");
    if (key === undefined) throw new UsageError("no key: write --key-file");
    const { resendRefused } = await import("../../inform/send/resend-refused.ts");
    const timeoutMs = parseDuration(flags.timeout);
    const options = { hub, key, timeoutMs, signal: context.signal, ...connection };
    const done = await resendRefused(aside, options).catch((error: unknown) => {
      throw asUsageError(error);
    });
    const refused = done.filter(({ error }) => error !== undefined);
    const taken = done.length - refused.length;
    if (flags.json) {
      const left = refused.map(({ file, error }) => ({ file, error: error?.message }));
      await print(context, `${formatJson({ taken, left })}\n`);
    } else {
      const lines = refused.map(({ file, error }) => `${oneLine(file)}: ${errorText(error as Error)}\n`);
      const said = done.length === 0 ? `nothing is kept in ${aside}` : `${bodies(taken)} taken`;
      await print(context, `${oneLine(said)}\n${lines.join("")}`);
    }
    const [first] = refused;
    if (first !== undefined) throw new StatsError("malformed", `${bodies(refused.length)} not taken`);
  });
}

/** @throws UsageError where there is no such ledger, or it is no file. */
function besideLedger(db: string | undefined): string {
  if (db === undefined || isUrl(db)) throw new UsageError("name --db with the ledger's file, or --aside");
  assertThere(db);
  return `${db}.refused`;
}

function bodies(count: number): string {
  return count === 1 ? "1 body was" : `${count} bodies were`;
}
