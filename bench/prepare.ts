import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the repository; every process is started in it. */
export const root: string = join(import.meta.dirname, "..");

const out = join(import.meta.dirname, "out");

/** The command line of a client, without its measurement. */
export function nodeClient(name: string): readonly string[] {
  return [process.execPath, join(out, "js", "bench", "clients", `${name}.js`)];
}

/** The command line of a Go program. */
export function goProgram(name: "client" | "server"): readonly string[] {
  return [join(out, name)];
}

/**
 * Installs the peers and builds the clients, so that no process spends time or memory on stripping types.
 *
 * @returns Whether there is Go, and with it the Go programs.
 */
export function prepare(): { readonly go: boolean } {
  if (!existsSync(join(import.meta.dirname, "node_modules"))) run("npm", ["ci", "--prefix", "bench"]);
  run("npm", ["run", "--silent", "build"]);
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "bench/tsconfig.json"]);
  // Our own clients take the package as users get it.
  writeFileSync(join(out, "js", "src", "index.js"), 'export * from "../../../../dist/index.js";\n');
  if (spawnSync("go", ["version"]).error !== undefined) return { go: false };
  run("go", ["build", "-C", "bench/go", "-trimpath", "-ldflags", "-s -w", "-o", `${out}/`, "./server", "./client"]);
  return { go: true };
}

function run(command: string, words: readonly string[]): void {
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" };
  const { status, error } = spawnSync(command, words, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with status ${status}`);
}
