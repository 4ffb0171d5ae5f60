import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { restoreBackups, writeWithBackups } from "../../src/cli/config-files/backups.ts";
import { swapFiles } from "../../src/cli/config-files/swap-files.ts";
import { runProgram } from "../support/run-program.ts";
import { testFolder } from "./config-support.ts";

const isRoot = process.getuid?.() === 0;

test("a file gets its text with a backup, and keeps its mode; undo puts it back", async () => {
  using folder = testFolder();
  const path = join(folder.path, "server.json");
  const before = '\ufeff{ "é😀": 1 }\r\n';
  writeFileSync(path, before);
  chmodSync(path, 0o640);
  const [written] = await writeWithBackups([{ path, before, after: "{}" }]);
  assert.equal(readFileSync(path, "utf8"), "{}");
  assert.equal(statSync(path).mode & 0o7777, 0o640);
  // The first 12 digits of the SHA-256 of "{}".
  assert.equal(written?.backup, `${path}.before-stats.44136fa355b3`);
  assert.equal(readFileSync(`${path}.before-stats.44136fa355b3`, "utf8"), before);
  assert.equal(statSync(`${path}.before-stats.44136fa355b3`).mode & 0o7777, 0o640);
  assert.equal(readdirSync(folder.path).length, 2);

  await restoreBackups([{ name: path, text: "{}" }]);
  assert.equal(readFileSync(path, "utf8"), before);
  assert.equal(statSync(path).mode & 0o7777, 0o640);
  assert.deepEqual(readdirSync(folder.path), ["server.json"]);
});

test("the owner stays", { skip: isRoot ? false : "only root can give files away" }, async () => {
  using folder = testFolder();
  const path = join(folder.path, "server.json");
  writeFileSync(path, "{}");
  chownSync(path, 1234, 4321);
  chmodSync(path, 0o640);
  const [written] = await writeWithBackups([{ path, before: "{}", after: "[]" }]);
  for (const each of [path, written?.backup as string]) {
    const { uid, gid, mode } = statSync(each);
    assert.deepEqual([uid, gid, mode & 0o7777], [1234, 4321, 0o640]);
  }
});

test("an owner that cannot be kept refuses", { skip: isRoot ? false : "only root can make such a file" }, async () => {
  using folder = testFolder();
  const path = join(folder.path, "server.json");
  writeFileSync(path, "{}");
  chmodSync(path, 0o666);
  chmodSync(folder.path, 0o777);
  const script = `
    import { writeWithBackups } from "./src/cli/config-files/backups.ts";
    await writeWithBackups([{ path: process.argv[1], before: "{}", after: "[]" }]).catch(({ message }) => console.log(message));`;
  const args = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "--input-type=module"];
  const { stdout, stderr } = await runProgram("setpriv", [...args, "-e", script, path]);
  assert.equal(stderr, "");
  assert.equal(stdout, `cannot keep the owner of ${path}; do it as user 0 or as root\n`);
  assert.equal(readFileSync(path, "utf8"), "{}");
  assert.deepEqual(readdirSync(folder.path), ["server.json"]);
});

test("links are followed, and stay links", async () => {
  using folder = testFolder();
  mkdirSync(join(folder.path, "real"));
  const real = join(folder.path, "real", "server.json");
  const link = join(folder.path, "link.json");
  writeFileSync(real, "{}");
  symlinkSync(real, link);
  const [written] = await writeWithBackups([{ path: link, before: "{}", after: "[]" }]);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readlinkSync(link), real);
  assert.equal(readFileSync(real, "utf8"), "[]");
  assert.match(written?.backup as string, /real\/server\.json\.before-stats\./);
  await assert.rejects(
    swapFiles([
      { path: link, before: "[]", after: "1" },
      { path: real, before: "[]", after: "2" },
    ]),
    /link\.json and .*server\.json are one file/,
  );
  assert.equal(readFileSync(real, "utf8"), "[]");
  assert.equal((await restoreBackups([{ name: link, text: "[]" }])).length, 1);
  assert.deepEqual(readdirSync(join(folder.path, "real")), ["server.json"]);
});

test("where one file cannot be prepared, none is touched and nothing is left", async () => {
  using folder = testFolder();
  const [first, second] = [join(folder.path, "1.json"), join(folder.path, "2.json")];
  writeFileSync(first, "1");
  writeFileSync(second, "changed by somebody");
  const swaps = [
    { path: first, before: "1", after: "one" },
    { path: second, before: "2", after: "two" },
  ];
  await assert.rejects(writeWithBackups(swaps), /2\.json was changed by somebody else meanwhile/);
  assert.equal(readFileSync(first, "utf8"), "1");
  assert.deepEqual(readdirSync(folder.path), ["1.json", "2.json"]);
  const folderSwap = { path: folder.path, before: "", after: "x" };
  await assert.rejects(writeWithBackups([folderSwap]), /no regular file/);
});

test("where one file cannot be put into its place, those before it are put back", async () => {
  using folder = testFolder();
  const [first, second] = [join(folder.path, "1.json"), join(folder.path, "2.json")];
  writeFileSync(first, "1");
  chmodSync(first, 0o604);
  writeFileSync(second, "2");
  const swaps = [
    { path: first, before: "1", after: "one" },
    { path: second, before: "2", after: "two" },
  ];
  // A directory in the way of the second backup is found out after the first file has its new text.
  const nameOld = (realPath: string): string => `${realPath}.old`;
  mkdirSync(`${second}.old`);
  await assert.rejects(swapFiles(swaps, nameOld), { code: "EISDIR" });
  assert.equal(readFileSync(first, "utf8"), "1");
  assert.equal(statSync(first).mode & 0o7777, 0o604);
  assert.equal(readFileSync(second, "utf8"), "2");
  assert.deepEqual(readdirSync(folder.path), ["1.json", "2.json", "2.json.old"]);
});

test("undo refuses a file that was changed since, and names the backup", async () => {
  using folder = testFolder();
  const [first, second] = [join(folder.path, "1.json"), join(folder.path, "2.json")];
  writeFileSync(first, "1");
  writeFileSync(second, "2");
  await assert.rejects(restoreBackups([{ name: first, text: "1" }]), /there is nothing to undo/);
  await writeWithBackups([
    { path: first, before: "1", after: "one" },
    { path: second, before: "2", after: "two" },
  ]);
  writeFileSync(second, "mine");
  await assert.rejects(
    restoreBackups([
      { name: first, text: "one" },
      { name: second, text: "mine" },
    ]),
    /2\.json was changed since it was written; compare it with 2\.json\.before-stats\.[\da-f]{12} beside it/,
  );
  assert.equal(readFileSync(first, "utf8"), "one");
  assert.equal(readFileSync(second, "utf8"), "mine");
  // A file of the directory that was never written is none of its business.
  writeFileSync(join(folder.path, "3.json"), "3");
  const restored = await restoreBackups([
    { name: first, text: "one" },
    { name: join(folder.path, "3.json"), text: "3" },
  ]);
  assert.equal(restored.length, 1);
  assert.equal(readFileSync(first, "utf8"), "1");
});
