import type { Ledger } from "../ledger/ledger.ts";
import type { Scope } from "../names/stat-name.ts";
import type { CliContext } from "./context.ts";
import { oneLine } from "./output-forms.ts";

/** Says so where nobody recorded a node of this name: it may be mistyped, and may come later. */
export async function noteUnknownNode(context: CliContext, ledger: Ledger, name: string | undefined): Promise<void> {
  if (name === undefined) return;
  if ((await ledger.nodes()).some(({ node, shownAs }) => name === node || name === shownAs)) return;
  note(context, `the ledger has no node ${name}; v2ray-stats adjust nodes lists them`);
}

/** Says so where nothing was booked of a user or a tag so far. */
export async function noteUnknownSubject(
  context: CliContext,
  ledger: Ledger,
  { scope, subject }: { readonly scope: Scope; readonly subject: string },
): Promise<void> {
  const { rows } = await ledger.usage({ by: ["subject"], scope, subject });
  if (rows.length === 0) note(context, `nothing was booked of ${scope} ${subject} before`);
}

function note({ stderr }: CliContext, text: string): void {
  stderr.write(`v2ray-stats: ${oneLine(text)}\n`);
}
