import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { hasRight, keyAge } from "../../../src/inform/keys/key.ts";
import { makeKey, makeSigningSecret, parseCredential } from "../../../src/inform/keys/make-key.ts";

const early = new Date("2026-01-01T00:00:00Z");
const late = new Date("2026-02-01T00:00:00Z");

test("a key is printable, fit for a URL, and kept as a hash alone", () => {
  const { text, key } = makeKey("node-a", ["usage"], { notAfter: late });
  assert.match(text, /^vstatskey_[0-9a-z]{10}_[\w-]{43}$/);
  assert.equal(encodeURIComponent(text), text);
  assert.deepEqual(parseCredential(` ${text}\n`), { kind: "key", id: key.id, secret: text.slice(21) });
  const hash = createHash("sha256").update(text).digest("hex");
  assert.deepEqual(key, { id: key.id, node: "node-a", rights: ["usage"], notAfter: late, hash });
  assert.ok(!JSON.stringify(key).includes(text.slice(21)));
});

test("a signing secret is the same text on both sides", () => {
  const { text, secret } = makeSigningSecret("node-a", ["usage", "corrections", "usage"], { notBefore: early });
  assert.deepEqual(parseCredential(text), { kind: "secret", id: secret.id, secret: secret.secret });
  assert.deepEqual(secret.rights, ["usage", "corrections"]);
  assert.deepEqual(secret.notBefore, early);
});

test("no two keys are alike", () => {
  const texts = Array.from({ length: 100 }, () => makeKey("node-a", ["usage"]).text);
  assert.equal(new Set(texts).size, 100);
  for (const part of ["id", "secret"] as const) {
    assert.equal(new Set(texts.map((text) => parseCredential(text)?.[part])).size, 100);
  }
});

test("wrong arguments", () => {
  assert.throws(() => makeKey("", ["usage"]), TypeError);
  assert.throws(() => makeKey("node-a", []), TypeError);
  assert.throws(() => makeKey("node-a", ["admin" as "usage"]), /usage, corrections, totals, not \[admin\]/);
  assert.throws(() => makeKey("node-a", ["usage"], { notBefore: late, notAfter: early }), RangeError);
  assert.throws(() => makeKey("node-a", ["usage"], { notAfter: new Date("never") }), RangeError);
});

test("what is no key is undefined", () => {
  const { text } = makeKey("node-a", ["usage"]);
  for (const wrong of ["", "vstatskey_", text.slice(0, -1), `${text}A`, text.replace("key", "kez"), `x${text}`]) {
    assert.equal(parseCredential(wrong), undefined, wrong);
  }
});

test("rights are for the key's own node", () => {
  const { key } = makeKey("node-a", ["usage"]);
  assert.equal(hasRight(key, "usage", "node-a"), true);
  assert.equal(hasRight(key, "corrections", "node-a"), false);
  assert.equal(hasRight(key, "usage", "node-b"), false);
});

test("a key is good from notBefore until notAfter, not included", () => {
  const { key } = makeKey("node-a", ["usage"], { notBefore: early, notAfter: late });
  assert.equal(keyAge(key, new Date(early.getTime() - 1)), "not-yet");
  assert.equal(keyAge(key, early), "good");
  assert.equal(keyAge(key, new Date(late.getTime() - 1)), "good");
  assert.equal(keyAge(key, late), "expired");
  assert.equal(keyAge(makeKey("node-a", ["usage"]).key, new Date(0)), "good");
});
