import assert from "node:assert/strict";
import { test } from "node:test";
import { formatKeyFile, type KeyFile, parseKeyFile } from "../../../src/inform/keys/key-file.ts";
import { makeKey, makeSigningSecret } from "../../../src/inform/keys/make-key.ts";

const keys = [
  makeKey("node-a", ["usage"]).key,
  makeKey("__proto__", ["usage", "corrections"], {
    notBefore: new Date("2026-01-01T00:00:00Z"),
    notAfter: new Date("2027-01-01T00:00:00Z"),
  }).key,
];
const secrets = [makeSigningSecret("node-a", ["usage"]).secret];

test("a file gives back what was written into it", () => {
  const files: readonly KeyFile[] = [
    { keys, secrets },
    { keys, secrets: [] },
    { keys: [], secrets },
    { keys: [], secrets: [] },
  ];
  for (const file of files) assert.deepEqual(parseKeyFile(formatKeyFile(file), "keys.json"), file);
});

test("keys alone hold nothing that could be sent", () => {
  assert.doesNotMatch(formatKeyFile({ keys, secrets: [] }), /secret/);
});

test("unknown members are passed over", () => {
  const text = formatKeyFile({ keys, secrets }).replace('"version": 1', '"version": 1, "comment": "ours"');
  assert.deepEqual(parseKeyFile(text, "keys.json"), { keys, secrets });
});

test("what is no key file is named with its place, and never shown", () => {
  const [key] = keys;
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [[], /the whole|version/],
    [{ version: 2 }, /version must be 1/],
    [{ version: 1, keys: {} }, /keys must be Array/],
    [{ version: 1, keys: [{ ...key, hash: "hunter2" }] }, /keys\.0\.hash must be 64 hexadecimal digits/],
    [{ version: 1, keys: [{ ...key, rights: ["hunter2"] }] }, /keys\.0\.rights\.0 must be \("usage"/],
    [{ version: 1, keys: [{ ...key, node: "" }] }, /keys\.0\.node must be the name of a node/],
    [{ version: 1, keys: [{ ...key, notAfter: "2026" }] }, /keys\.0\.notAfter must be a time as in/],
    [{ version: 1, keys: [{ ...key, notAfter: "2026-13-41T00:00:00Z" }] }, /keys\.0\.notAfter must be a time/],
    [{ version: 1, keys: [{ ...key, notAfter: "2026-01-01T00:00:00+05" }] }, /keys\.0\.notAfter must be a time/],
    [{ version: 1, keys: [key, key] }, /the id \w+ stands there twice/],
    [{ version: 1, secrets: [{ ...key, secret: "hunter2" }] }, /secrets\.0\.secret must be 32 characters/],
  ];
  for (const [content, expected] of cases) {
    assert.throws(
      () => parseKeyFile(JSON.stringify(content), "keys.json"),
      (error: Error & { code?: unknown }) => {
        assert.equal(error.code, "bad-config");
        assert.match(error.message, expected);
        assert.match(error.message, /^keys\.json is not a key file: /);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  }
  assert.throws(
    () => parseKeyFile("hunter2", "keys.json"),
    /^StatsError: keys\.json is not a key file: it is not JSON$/,
  );
});
