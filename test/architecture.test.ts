import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { packageDoors } from "../scripts/doors.ts";

// The floors of the house: a room imports from lower floors only, not from its neighbours.
const floors = new Map([
  ["internal", 0],
  ["errors", 0],
  ["gen", 0],
  ["http", 1],
  ["names", 1],
  ["snapshot", 2],
  ["usage", 2],
  ["client", 3],
  ["config", 3],
  ["ledger", 3],
  ["report", 3],
  ["doctor", 4],
  ["testing", 4],
  ["collector", 4],
  ["inform", 4],
  ["manager", 4],
  ["cli", 6],
]);

// What each room may load from outside; none where it is not named.
const packages = new Map([
  ["gen", ["@bufbuild/protobuf"]],
  ["client", ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node"]],
  ["testing", ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node"]],
  ["config", ["yaml"]],
  ["report", ["string-width"]],
  ["cli", ["commander", "diff"]],
  ["usage", ["temporal-polyfill"]],
  // Only where a connection is asked for by its address; who brings a pool of their own need not have it.
  ["ledger", ["pg"]],
  ["inform", ["valibot"]],
  ["manager", ["valibot"]],
]);

// Generated code is nobody's public type.
const generatedReaders = ["client", "testing"];

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?\sfrom\s+"([^"]+)";|import\("([^"]+)"\)|^import\s+"([^"]+)";/gms,
  );
  return Array.from(found, ([, type, from, dynamic, bare]) => {
    return { file, specifier: (from ?? dynamic ?? bare) as string, typeOnly: type !== undefined };
  });
}

const files = globSync("src/**/*.ts");
const imports = files.flatMap(importsOf);

function roomOf(file: string): string {
  const [first = "", ...rest] = relative("src", file).split("/");
  return rest.length === 0 ? "root" : first;
}

function targetOf({ file, specifier }: Import): string | undefined {
  return specifier.startsWith(".") ? join(dirname(file), specifier) : undefined;
}

test("every room of src stands on a floor", () => {
  assert.ok(files.length > 30);
  for (const file of files) {
    const room = roomOf(file);
    assert.ok(room === "root" || floors.has(room), `${file}: the room ${room} has no floor in this test`);
  }
});

test("rooms import from lower floors only", () => {
  const wrong = imports.filter((each) => {
    const target = targetOf(each);
    const from = roomOf(each.file);
    if (target === undefined || from === "root" || roomOf(target) === from) return false;
    return (floors.get(roomOf(target)) ?? 99) >= (floors.get(from) as number);
  });
  assert.deepEqual(wrong, []);
});

test("generated code is imported by client and testing only", () => {
  const wrong = imports.filter((each) => {
    const target = targetOf(each);
    return (
      target !== undefined && roomOf(target) === "gen" && !["gen", ...generatedReaders].includes(roomOf(each.file))
    );
  });
  assert.deepEqual(wrong, []);
});

test("each dependency is imported by its own room only", () => {
  const wrong = imports.filter(({ file, specifier }) => {
    if (specifier.startsWith(".") || specifier.startsWith("node:")) return false;
    assert.ok(!builtinModules.includes(specifier), `${file}: write node:${specifier}`);
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    return !(packages.get(roomOf(file)) ?? []).includes(name);
  });
  assert.deepEqual(wrong, []);
});

test("index.ts stands at doors only, and lists names", () => {
  const doors = [...packageDoors().values()];
  assert.deepEqual(files.filter((file) => file.endsWith("/index.ts")).sort(), [...doors].sort());
  for (const door of doors) assert.doesNotMatch(readFileSync(door, "utf8"), /export \*|export default/);
});

test("inside the house nobody goes through a door", () => {
  const doors = new Set(packageDoors().values());
  // A door that gives a ledger gives the types of the ledger's own door with it.
  const wrong = imports.filter((each) => {
    return doors.has(targetOf(each) ?? "") && !(each.typeOnly && doors.has(each.file));
  });
  assert.deepEqual(wrong, []);
});

test("no file is longer than 400 lines", () => {
  const long = [
    ...files,
    ...globSync("test/**/*.ts"),
    ...globSync("bench/**/*.ts", { exclude: ["bench/node_modules"] }),
  ]
    .filter((file) => !file.includes("/gen/") && !file.includes("node_modules"))
    .filter((file) => readFileSync(file, "utf8").split("\n").length > 401);
  assert.deepEqual(long, []);
});
