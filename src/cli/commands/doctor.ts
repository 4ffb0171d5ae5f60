import { Command } from "commander";
import type { CheckStatus, Diagnosis, DoctorCheck } from "../../doctor/diagnosis.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import { type CoreFlags, withCoreFlags } from "../config-files/core-flags.ts";
import { type CliContext, print, printJson } from "../context.ts";
import { parseDuration } from "../parse-duration.ts";
import { type ServerOptions, withCore } from "../server-options.ts";

interface DoctorFlags extends ServerOptions, CoreFlags {
  readonly watch: string;
}

export function doctorCommand(context: CliContext): Command {
  const command = new Command("doctor")
    .description(
      "Look at a running core, and with its configuration at both: who is not counted and why, who else resets counters, whether two processes share the port. Nothing is reset.",
    )
    .argument("[file...]", "the configuration it was started with: files, a directory, or -")
    .option("--watch <duration>", "how long to watch it", "3s");
  return withCoreFlags(command, "the one that answers").action(
    async (paths: string[], _flags: unknown, command: Command) => {
      const diagnosis = await examine(context, paths, command.optsWithGlobals<DoctorFlags>());
      await (command.optsWithGlobals<DoctorFlags>().json
        ? printJson(context, diagnosis)
        : print(context, textOf(diagnosis)));
      if (!diagnosis.reachable) process.exitCode = 3;
      else if (diagnosis.status === "error") process.exitCode = 1;
    },
  );
}

async function examine(context: CliContext, paths: readonly string[], flags: DoctorFlags): Promise<Diagnosis> {
  const watchMs = parseDuration(flags.watch);
  // The rules take longer to load than the rest.
  const { readConfig, readsFile } = await import("../config-files/read-config.ts");
  const { diagnoseWith } = await import("../../doctor/diagnose.ts");
  const found = paths.length === 0 ? undefined : await readConfig(context, paths, flags.core);
  return diagnoseWith((work) => withCore(flags, work), {
    configFor: (kind) =>
      found?.files.filter(({ name }) => {
        const core = flags.core ?? (kind === "unknown" ? undefined : kind);
        return !found.ofFolders.has(name) || readsFile(core, name);
      }),
    core: flags.core,
    version: flags.coreVersion,
    watchMs,
    signal: context.signal,
  });
}

const marks: Readonly<Record<CheckStatus, string>> = { ok: "ok", warning: "! ", error: "x ", unknown: "? " };

/** A line for each check, with the advice below. */
function textOf({ checks }: Diagnosis): string {
  return checks.map((check) => `${linesOf(check).map(escapeControls).join("\n")}\n`).join("");
}

function linesOf({ id, status, message, advice }: DoctorCheck): string[] {
  return [`${marks[status]} ${id}: ${message}`, ...(advice === undefined ? [] : [`     ${advice}`])];
}
