import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyRing } from "../../../src/inform/keys/key-ring.ts";
import { makeKey, makeSigningSecret } from "../../../src/inform/keys/make-key.ts";

const now = new Date("2026-06-01T00:00:00Z");
const before = new Date("2026-05-01T00:00:00Z");
const after = new Date("2026-07-01T00:00:00Z");

test("a node may have several keys, found each by itself", () => {
  const [first, second] = [makeKey("node-a", ["usage"]), makeKey("node-a", ["usage", "corrections"])];
  const other = makeKey("node-b", ["totals"]);
  const ring = createKeyRing([
    { keys: [first.key, second.key], secrets: [] },
    { keys: [other.key], secrets: [] },
  ]);
  for (const { text, key } of [first, second, other]) {
    const { hash: _, ...holder } = key;
    assert.deepEqual(ring.findKey(text, now), { kind: "good", holder });
  }
});

test("keys that are not good are told apart for the log", () => {
  const old = makeKey("node-a", ["usage"], { notAfter: before });
  const next = makeKey("node-a", ["usage"], { notBefore: after });
  const ring = createKeyRing([{ keys: [old.key, next.key], secrets: [] }]);
  assert.equal(ring.findKey(old.text, now).kind, "expired");
  assert.equal(ring.findKey(next.text, now).kind, "not-yet");
  assert.equal(ring.findKey(makeKey("node-a", ["usage"]).text, now).kind, "unknown");
  const oneOff = old.text.slice(0, -1) + (old.text.endsWith("A") ? "B" : "A");
  assert.equal(ring.findKey(oneOff, now).kind, "unknown");
  for (const text of ["", "hunter2", "x".repeat(100_000)]) assert.equal(ring.findKey(text, now).kind, "malformed");
});

test("a signing secret is no bearer key", () => {
  const { text, secret } = makeSigningSecret("node-a", ["usage"]);
  const ring = createKeyRing([{ keys: [], secrets: [secret] }]);
  assert.equal(ring.findKey(text, now).kind, "malformed");
  assert.equal(ring.findSecret(secret.id), secret);
  assert.equal(ring.findSecret("0123456789"), undefined);
});

test("one id in two files is refused", () => {
  const { key } = makeKey("node-a", ["usage"]);
  assert.throws(
    () =>
      createKeyRing([
        { keys: [key], secrets: [] },
        { keys: [key], secrets: [] },
      ]),
    { code: "bad-config" },
  );
});
