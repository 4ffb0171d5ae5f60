import { readFile } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import { formatReport } from "../../report/format-report.ts";
import { parseV2ctlOutput } from "../../report/parse-v2ctl-output.ts";
import type { Counter } from "../../snapshot/counter.ts";
import { type CliContext, print } from "../context.ts";
import { callOptions, type ServerOptions, withCore } from "../server-options.ts";
import { UsageError } from "../usage-error.ts";

type Format = "text" | "traffic.sh" | "csv" | "json";

interface ReportFlags extends ServerOptions {
  readonly format?: Format | undefined;
  readonly input?: string | undefined;
}

export function reportCommand(context: CliContext): Command {
  return new Command("report")
    .description("Sum up traffic by user, inbound and outbound.")
    .addOption(
      new Option("--format <format>", "the form (default: text)").choices(["text", "traffic.sh", "csv", "json"]),
    )
    .option("--input <file>", "report a saved output of v2ctl, xray, v2ray or this tool instead; - for standard input")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ReportFlags>();
      const format = flags.format ?? (flags.json ? "json" : "text");
      if (flags.json && format !== "json") throw new UsageError("--json and --format contradict each other");
      const counters =
        flags.input === undefined ? await readCore(context, flags) : await readSaved(context, flags.input);
      await print(context, formatReport(counters, { format }));
    });
}

function readCore(context: CliContext, flags: ReportFlags): Promise<Counter[]> {
  return withCore(flags, (core) => core.query(callOptions(context)));
}

async function readSaved({ stdin, signal }: CliContext, file: string): Promise<Counter[]> {
  if (file === "-") return parseV2ctlOutput(await text(addAbortSignal(signal, stdin)));
  try {
    return parseV2ctlOutput(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw new UsageError(`cannot read the input: ${error.message}`);
    throw error;
  }
}
