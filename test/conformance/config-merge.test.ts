// Random small directories of files, merged by us and by the core itself.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { mergeDocuments } from "../../src/config/load/merge-files.ts";
import { compareText } from "../../src/config/load/merge-keys.ts";
import { parseJson } from "../../src/config/syntax/parse-json.ts";
import { binaryPath } from "../cores/core-binary.ts";
import { directories, type MergeFile, singBoxDirectories } from "../support/peculiar-case-directories.ts";
import {
  type Effective,
  effectiveOf,
  effectiveOfProtobuf,
  plainOf,
  plainOfJson,
} from "../support/peculiar-case-effective.ts";
import { type CoreKind, coreKinds, realCores } from "../support/real-cores.ts";
import { runProgram } from "../support/run-program.ts";

const numRuns = 20;
const work = mkdtempSync(join(tmpdir(), "v2ray-stats-merge-"));
after(() => rmSync(work, { recursive: true, force: true }));
let runs = 0;

async function run(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, args);
  assert.equal(code, 0, `${command} ${args.join(" ")}:\n${stdout}${stderr}`);
  return stdout;
}

const v2rayReaders = {
  v2ray4: async (paths: readonly string[], output: string): Promise<Effective> => {
    // v2ctl writes binary to its standard output, which `runProgram` reads as text.
    await run("sh", ["-c", 'out=$1; shift; v2ctl config "$@" > "$out"', "sh", output, ...paths]);
    return effectiveOfProtobuf(readFileSync(output));
  },
  v2ray5: async (paths: readonly string[], output: string): Promise<Effective> => {
    const words = [
      "-c",
      'out=$1; shift; "$@" > "$out"',
      "sh",
      output,
      binaryPath("v2ray5"),
      "convert",
      "-i",
      "json",
      "-o",
      "pb",
    ];
    await run("sh", [...words, ...paths]);
    return effectiveOfProtobuf(readFileSync(output));
  },
  xray: async (paths: readonly string[]): Promise<Effective> => {
    const words = paths.flatMap((path) => ["-c", path]);
    return effectiveOf(plainOfJson(JSON.parse(await run(binaryPath("xray"), ["run", "-dump", ...words]))));
  },
};

for (const kind of coreKinds) {
  const { missing } = realCores()[kind];
  if (missing !== undefined) console.log(`skipped ${kind}: ${missing}`);
  const inputs = kind === "sing-box" ? singBoxDirectories : directories;
  test(`${kind} merges files and equal names as mergeDocuments does`, { skip: missing, timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(inputs, (files) => assertMerged(kind, files)),
      { numRuns, endOnFailure: true },
    );
  });
}

async function assertMerged(kind: CoreKind, files: readonly MergeFile[]): Promise<void> {
  const directory = join(work, String(runs++));
  mkdirSync(directory);
  const sorted = files.toSorted((a, b) => compareText(a.name, b.name));
  const paths = sorted.map(({ name }) => join(directory, name));
  for (const { name, text } of files) writeFileSync(join(directory, name), text);
  const documents = sorted.map(({ text }, index) => parseJson({ name: paths[index] as string, text, format: "json" }));
  const ours = plainOf(mergeDocuments(kind, documents));
  if (kind !== "sing-box") {
    assert.deepEqual(effectiveOf(ours), await v2rayReaders[kind](paths, join(directory, "merged.pb")));
    return;
  }
  const merged = join(directory, "merged.out");
  await run(binaryPath("sing-box"), ["merge", merged, "-C", directory]);
  assert.deepEqual(withoutEmpty(ours), withoutEmpty(plainOfJson(JSON.parse(readFileSync(merged, "utf8")))));
}

/** sing-box prints no false, no empty text, list or object. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (!(value instanceof Map)) return value === false || value === "" || value === null ? undefined : value;
  const members = [...value].flatMap(([key, child]) => {
    const kept = withoutEmpty(child);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return members.length === 0 ? undefined : new Map(members.sort(([a], [b]) => compareText(a, b)));
}
