import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { formatKeyFile } from "../../../src/inform/keys/key-file.ts";
import { makeKey } from "../../../src/inform/keys/make-key.ts";
import { openKeyFiles } from "../../../src/inform/keys/open-key-files.ts";
import { updateKeyFile } from "../../../src/inform/keys/update-key-file.ts";

let directory: string;
let path: string;
let clock = 0;
const first = makeKey("node-a", ["usage"]);
const second = makeKey("node-a", ["usage"]);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "v2ray-stats-keys-"));
  path = join(directory, "keys.json");
  await updateKeyFile(path, () => ({ keys: [first.key], secrets: [] }));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function open() {
  const warnings: string[] = [];
  const files = await openKeyFiles([path], { onWarning: (text) => warnings.push(text), now: () => clock });
  const kinds = async () => {
    const ring = await files.ring();
    return [first, second].map(({ text }) => ring.findKey(text, new Date()).kind);
  };
  return { warnings, kinds };
}

test("keys are read again when the file changes, not at every request", async () => {
  const { kinds, warnings } = await open();
  assert.deepEqual(await kinds(), ["good", "unknown"]);
  await updateKeyFile(path, () => ({ keys: [second.key], secrets: [] }));
  clock += 999;
  assert.deepEqual(await kinds(), ["good", "unknown"]);
  clock += 1;
  assert.deepEqual(await Promise.all([kinds(), kinds()]), [
    ["unknown", "good"],
    ["unknown", "good"],
  ]);
  assert.deepEqual(warnings, []);
});

test("a file that breaks or goes leaves the keys good, and is said once", async () => {
  const { kinds, warnings } = await open();
  await writeFile(path, "{");
  for (let round = 0; round < 3; round++) {
    clock += 1000;
    assert.deepEqual(await kinds(), ["good", "unknown"]);
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /stay good: .*not a key file/);
  await rm(path);
  clock += 1000;
  assert.deepEqual(await kinds(), ["good", "unknown"]);
  assert.match(warnings[1] ?? "", /stay good: ENOENT/);
  await updateKeyFile(path, () => ({ keys: [second.key], secrets: [] }));
  clock += 1000;
  assert.deepEqual(await kinds(), ["unknown", "good"]);
  assert.equal(warnings.length, 2);
});

test("a file that others can read is warned of, and a mode that changes too", async () => {
  const { warnings, kinds } = await open();
  assert.deepEqual(warnings, []);
  await chmod(path, 0o644);
  clock += 1000;
  await kinds();
  assert.deepEqual(warnings, [`others than its owner can get at ${path}; run: chmod 600 ${path}`]);
  assert.equal((await open()).warnings.length, 1);
});

test("it does not open with files that are wrong", async () => {
  await assert.rejects(openKeyFiles([join(directory, "none.json")]), { code: "ENOENT" });
  await assert.rejects(openKeyFiles([path, path]), { code: "bad-config" });
  await writeFile(path, formatKeyFile({ keys: [], secrets: [] }).replace("1", "7"));
  await assert.rejects(openKeyFiles([path]), { code: "bad-config" });
});
