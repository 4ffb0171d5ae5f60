// Builds dist/ from src/: JavaScript and declarations.
import { execFileSync } from "node:child_process";
import { chmodSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { packageDoors } from "./doors.ts";

rmSync("dist", { recursive: true, force: true });
// By its path: the compilers that test/package tries have a `tsc`, too.
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
// tsc leaves the specifiers of declarations as they are.
for (const file of globSync("dist/**/*.d.ts")) {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/(from |import\()"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"'));
}
// Few files, for Node takes half a millisecond to load each: one for a door and what it shares with others. The command
// line has its own, so that its parts do not cut the doors' into pieces.
for (const entryPoints of [[...packageDoors().values()], ["src/cli/main.ts"]]) {
  await build({
    entryPoints,
    outbase: "src",
    outdir: "dist",
    chunkNames: entryPoints.length > 1 ? "shared/[hash]" : "cli/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.13",
    packages: "external",
  });
}
chmodSync("dist/cli/main.js", 0o755);
