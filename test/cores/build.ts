// Builds the real cores that the tests start, where they are missing or their pins have changed:
// `node test/cores/build.ts`. What cannot be had is named; with CI=true that is a failure, unless the module registry
// itself refuses V2Ray 5 or sing-box.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type BuildRecord,
  type BuiltCore,
  binaryPath,
  binDirectory,
  builtCores,
  findV2ray4,
  hashSources,
  moduleDirectory,
  readBuildRecord,
  recipes,
  recordPath,
} from "./core-binary.ts";

const mayBeRefused: readonly BuiltCore[] = ["v2ray5", "sing-box"];
let complete = true;

mkdirSync(binDirectory, { recursive: true });
removeLeftovers();
const go = ask("go", "version");
// Without git behind it, so that Go names the registry's refusal and not a failure of git after it.
const registry = ask("go", "env", "GOPROXY")?.replace(/,direct$/, "");
for (const core of builtCores) await provide(core);
const v2ray4 = findV2ray4();
if ("version" in v2ray4) say("v2ray4", v2ray4.version);
else skip("v2ray4", v2ray4.missing);
if (!complete && process.env.CI === "true") {
  console.error("CI=true, and a core is missing");
  process.exitCode = 1;
}

async function provide(core: BuiltCore): Promise<void> {
  const sources = hashSources(core);
  const record = readBuildRecord(core);
  const built = record !== undefined && record.refused === undefined;
  if (built && (go === undefined || record.go === go)) return say(core, "built before");
  if (go === undefined) return skip(core, "Go is not installed");
  say(core, "building, some minutes where Go's cache is empty");
  const start = performance.now();
  const failure = await build(core, { sources, go });
  if (failure === undefined) return say(core, `built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const refused = failure.split("\n").find((line) => /\breading \S+: (403|404|410)\b/.test(line));
  if (refused === undefined || !mayBeRefused.includes(core)) return skip(core, failure);
  writeRecord(core, { sources, go, refused });
  say(core, `skipped: the module registry refuses it: ${refused}`);
}

/** Builds under a name of this process, so that neither an interruption nor another run leaves half a binary. */
async function build(core: BuiltCore, record: BuildRecord): Promise<string | undefined> {
  const { main, tags } = recipes[core];
  const temporary = temporaryName(binaryPath(core));
  const flags = ["-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-tags", tags];
  const child = spawn("go", ["build", ...flags, "-o", temporary, main], {
    cwd: moduleDirectory(core),
    env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly", GOPROXY: registry },
    stdio: ["ignore", "inherit", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [status] = await once(child, "close");
  if (status !== 0) {
    rmSync(temporary, { force: true });
    return output.trim();
  }
  renameSync(temporary, binaryPath(core));
  writeRecord(core, record);
  return undefined;
}

function writeRecord(core: BuiltCore, record: BuildRecord): void {
  const temporary = temporaryName(recordPath(core));
  writeFileSync(temporary, JSON.stringify(record));
  renameSync(temporary, recordPath(core));
}

function temporaryName(path: string): string {
  return `${path}.${process.pid}.tmp`;
}

/** Removes what interrupted builds left, but not what a running one is writing. */
function removeLeftovers(): void {
  for (const file of readdirSync(binDirectory)) {
    const pid = /\.(\d+)\.tmp$/.exec(file)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(binDirectory, file), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function ask(command: string, ...words: readonly string[]): string | undefined {
  const run = spawnSync(command, words, { encoding: "utf8" });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

function skip(core: string, reason: string): void {
  complete = false;
  say(core, `skipped: ${reason}`);
}

function say(core: string, text: string): void {
  console.log(`core ${core}: ${text}`);
}
