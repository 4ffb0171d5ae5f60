import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { formatKeyFile, type KeyFile, parseKeyFile } from "../../../src/inform/keys/key-file.ts";
import { makeKey } from "../../../src/inform/keys/make-key.ts";
import { updateKeyFile } from "../../../src/inform/keys/update-key-file.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "v2ray-stats-keys-"));
  path = join(directory, "keys.json");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { key } = makeKey("node-a", ["usage"]);

function withKey(added = key): (file: KeyFile) => KeyFile {
  return (file) => ({ ...file, keys: [...file.keys, added] });
}

async function keyIds(): Promise<string[]> {
  return parseKeyFile(await readFile(path, "utf8"), path).keys.map(({ id }) => id);
}

test("a new file is its owner's alone, and nothing else is left behind", async () => {
  await updateKeyFile(path, withKey());
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await keyIds(), [key.id]);
  assert.deepEqual(await readdir(directory), ["keys.json"]);
});

test("an old file keeps its mode and the links to it", async () => {
  await writeFile(path, formatKeyFile({ keys: [], secrets: [] }));
  await chmod(path, 0o640);
  const link = join(directory, "link.json");
  await symlink(path, link);
  await updateKeyFile(link, withKey());
  assert.equal((await stat(path)).mode & 0o777, 0o640);
  assert.deepEqual(await keyIds(), [key.id]);
  assert.deepEqual(await readdir(directory), ["keys.json", "link.json"]);
});

test("somebody else's change in between stays", async () => {
  await updateKeyFile(path, withKey());
  const [theirs, ours] = [makeKey("node-b", ["usage"]).key, makeKey("node-c", ["usage"]).key];
  let calls = 0;
  await updateKeyFile(path, (file) => {
    if (++calls === 1) writeFileSync(path, formatKeyFile({ ...file, keys: [key, theirs] }));
    return withKey(ours)(file);
  });
  assert.equal(calls, 2);
  assert.deepEqual(await keyIds(), [key.id, theirs.id, ours.id]);
  assert.deepEqual(await readdir(directory), ["keys.json"]);
});

test("a file that is none stays as it is", async () => {
  await writeFile(path, "my notes");
  await assert.rejects(updateKeyFile(path, withKey()), { code: "bad-config" });
  assert.equal(await readFile(path, "utf8"), "my notes");
  assert.deepEqual(await readdir(directory), ["keys.json"]);
});

test("a failing change leaves file and folder alone", async () => {
  await updateKeyFile(path, withKey());
  await assert.rejects(
    updateKeyFile(path, () => {
      throw new Error("no such key");
    }),
    /no such key/,
  );
  assert.deepEqual(await keyIds(), [key.id]);
  assert.deepEqual(await readdir(directory), ["keys.json"]);
});
