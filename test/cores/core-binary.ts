import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";

/** The cores that are built from pinned Go modules: the folder's name is the binary's. */
export const builtCores = ["v2ray5", "xray", "sing-box"] as const;

/** One of {@link builtCores}. */
export type BuiltCore = (typeof builtCores)[number];

/** How a core is built, beyond its go.mod. */
export const recipes: Readonly<Record<BuiltCore, { readonly main: string; readonly tags: string }>> = {
  v2ray5: { main: "github.com/v2fly/v2ray-core/v5/main", tags: "" },
  xray: { main: "github.com/xtls/xray-core/main", tags: "" },
  "sing-box": { main: "github.com/sagernet/sing-box/cmd/sing-box", tags: "with_v2ray_api" },
};

/** What the last build left beside the binary. */
export interface BuildRecord {
  /** Hash of all that decides what is built, but for the compiler. */
  readonly sources: string;
  /** The compiler, as `go version` names it. */
  readonly go: string;
  /** Why there is no binary: the line in which the module registry refused a module. */
  readonly refused?: string | undefined;
}

/** The folder with the core's go.mod. */
export function moduleDirectory(core: BuiltCore): string {
  return join(import.meta.dirname, core);
}

/** The folder that holds the binaries; git ignores it. */
export const binDirectory: string = join(import.meta.dirname, ".bin");

/** Where the core's binary belongs. */
export function binaryPath(core: BuiltCore): string {
  return join(binDirectory, core);
}

/** Where the core's {@link BuildRecord} belongs. */
export function recordPath(core: BuiltCore): string {
  return join(binDirectory, `${core}.json`);
}

/** A hash of the pinned modules and the recipe. */
export function hashSources(core: BuiltCore): string {
  const hash = createHash("sha256").update(JSON.stringify(recipes[core]));
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(moduleDirectory(core), file)));
  return hash.digest("hex");
}

/** What the last build of exactly these sources left; `undefined` when there was none, or its binary is gone. */
export function readBuildRecord(core: BuiltCore): BuildRecord | undefined {
  try {
    const record: BuildRecord = JSON.parse(readFileSync(recordPath(core), "utf8"));
    if (record.sources !== hashSources(core)) return undefined;
    if (record.refused === undefined) accessSync(binaryPath(core), constants.X_OK);
    return record;
  } catch {
    return undefined;
  }
}

/** Looks for V2Ray 4 as `v2ray` on PATH: its version line, or why it is not there. */
export function findV2ray4(): { readonly version: string } | { readonly missing: string } {
  // V2Ray 5 goes by the same name, but knows no "-version".
  const run = spawnSync("v2ray", ["-version"], { encoding: "utf8", timeout: 30_000 });
  if (run.error !== undefined) return { missing: `\`v2ray\` does not run: ${run.error.message}` };
  const version = run.stdout.split("\n", 1)[0] ?? "";
  return version.startsWith("V2Ray 4.") ? { version } : { missing: "`v2ray` on PATH is not V2Ray 4" };
}
