import { Command } from "commander";
import type { DrainResult } from "../../collector/drain.ts";
import type { RecordResult } from "../../ledger/writer.ts";
import { formatBytes } from "../../report/format-bytes.ts";
import { errorJson, gapText } from "../collector-event-text.ts";
import { type CliContext, print } from "../context.ts";
import { errorLine, exitCodeOf } from "../exit-code.ts";
import { dbFlag, withLedger } from "../ledger-options.ts";
import { assertNode, nodeFlag, openNodeFlags, repeated } from "../node-options.ts";
import { formatJson, oneLine } from "../output-forms.ts";
import { parseDuration } from "../parse-duration.ts";
import type { ServerOptions } from "../server-options.ts";

interface DrainFlags extends ServerOptions {
  readonly node: readonly string[];
  readonly db: string;
  readonly acceptClock?: true | undefined;
  readonly sameCore?: readonly string[] | undefined;
}

export function drainCommand(context: CliContext): Command {
  return new Command("drain")
    .description("Record one reading of each core now, also beside a running collect: for ExecStop= of a core's unit.")
    .requiredOption(...nodeFlag, repeated)
    .requiredOption(...dbFlag)
    .option("--accept-clock", "book although the clock stepped: it is right now")
    .option("--same-core <name>", "this node's address or kind changed, and it is the same core; repeatable", repeated)
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<DrainFlags>();
      const timeoutMs = parseDuration(flags.timeout);
      await using opened = await openNodeFlags(flags.node, flags);
      const { nodes } = opened;
      const { drain } = await import("../../collector/drain.ts");
      const { acceptClock, sameCore = [] } = flags;
      for (const name of sameCore) assertNode("--same-core", name, nodes);
      const results = await withLedger(flags.db, {}, (ledger) =>
        drain(nodes, ledger, { timeoutMs, acceptClock, sameCore, signal: context.signal }),
      );
      for (const each of results) {
        if (flags.json) await print(context, `${formatJson(resultJson(each))}\n`);
        else if (each.error === undefined && each.result !== undefined) {
          await print(context, resultText(each.node, each.result));
        }
      }
      failFor(context, results);
    });
}

function resultText(node: string, { state, bytes, counters, gaps }: RecordResult): string {
  const booked =
    state === "first" || state === "new-base"
      ? `${state === "first" ? "seen for the first time, counted" : "counted anew"} from here on`
      : `${counters} counter${counters === 1 ? "" : "s"} moved, ${formatBytes(bytes)} booked in all scopes together`;
  const lines = [booked, ...gaps.map((gap) => `gap: ${gapText(gap)}`)];
  return lines.map((line) => `${oneLine(node)}  ${line}\n`).join("");
}

function resultJson({ node, result, error }: DrainResult): object {
  return {
    node,
    state: result?.state ?? null,
    bytes: `${result?.bytes ?? 0n}`,
    counters: result?.counters ?? 0,
    gaps: (result?.gaps ?? []).map(({ cause }) => cause),
    error: error === undefined ? null : errorJson(error),
  };
}

/** One line for each node that failed; a core that cannot be reached is the lesser failure. */
function failFor(context: CliContext, results: readonly DrainResult[]): void {
  const errors = results.flatMap(({ error }) => error ?? []);
  const worst = errors.find((error) => exitCodeOf(error) === 1) ?? errors.at(-1);
  for (const error of errors) if (error !== worst) context.stderr.write(`${errorLine(error)}\n`);
  if (worst !== undefined) throw worst;
}
