import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramResult, runCli, runProgram } from "../support/run-program.ts";

/** A folder for one test; gone with it. */
export function testFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "v2ray-stats-config-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const nobody = 65_534;

/** Runs our command line without root's power over files, which it must also own to write them. */
export function runCliUnprivileged(args: readonly string[], own: readonly string[]): Promise<ProgramResult> {
  if (process.getuid?.() !== 0) return runCli(args);
  for (const path of own) chownSync(path, nobody, nobody);
  const drop = [`--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
  return runProgram("setpriv", [...drop, process.execPath, "src/cli/main.ts", ...args]);
}
