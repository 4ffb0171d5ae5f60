import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeSigningSecret } from "../../../src/inform/keys/make-key.ts";
import { parseSignature, signBody, verifySignature } from "../../../src/inform/signature.ts";
import { SignatureError } from "../../../src/inform/signature-error.ts";

const at = new Date("2026-06-01T12:00:00.900Z");
const body = Buffer.from('{"a":1}');
const { secret } = makeSigningSecret("node-a", ["usage"]);
const { secret: next } = makeSigningSecret("node-a", ["usage"]);

function verify(header: string, options: { body?: Uint8Array; secrets?: (typeof secret)[]; now?: Date } = {}) {
  const { now = at, secrets = [secret] } = options;
  return verifySignature(parseSignature(header), options.body ?? body, secrets, { now });
}

function refuses(run: () => unknown, reason: SignatureError["reason"]): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof SignatureError && error.advice !== undefined);
    assert.deepEqual([error.code, error.reason], ["signature", reason]);
    return true;
  });
}

test("what was signed is verified, for any body", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(verify(signBody(bytes, secret, at), { body: bytes }), secret);
    }),
  );
});

test("the header is as its page says", () => {
  assert.equal(
    signBody(Buffer.from("body"), { id: "k1", secret: "key" }, new Date(1_700_000_000_999)),
    // printf '1700000000.body' | openssl dgst -sha256 -hmac key
    "t=1700000000,k=k1,v1=47b6ce0fca59474308e2921c247cb2493dce6b8101d90ac05bd0c6a37d0e046e",
  );
});

test("while secrets change, each signs for itself", () => {
  for (const each of [secret, next]) assert.equal(verify(signBody(body, each, at), { secrets: [secret, next] }), each);
});

test("one of several signatures is enough", () => {
  const header = signBody(body, secret, at);
  const [, hex = ""] = header.split("v1=");
  const wrong = "0".repeat(64);
  assert.equal(verify(header.replace(hex, `${wrong},v1=${hex}`)), secret);
  refuses(() => verify(header.replace(hex, `${wrong},v1=${wrong}`)), "wrong");
});

test("another body, secret, id or time is refused as wrong", () => {
  const header = signBody(body, secret, at);
  refuses(() => verify(header, { body: Buffer.from('{"a":2}') }), "wrong");
  refuses(() => verify(header, { secrets: [next] }), "wrong");
  refuses(() => verify(header, { secrets: [{ ...next, id: secret.id }] }), "wrong");
  refuses(() => verify(header, { secrets: [] }), "wrong");
  refuses(() => verify(header.replace(/t=(\d+)/, (_, seconds) => `t=${Number(seconds) + 1}`)), "wrong");
  refuses(() => verify(header.replace(secret.id, next.id), { secrets: [secret, next] }), "wrong");
});

test("a time is good for five minutes either way", () => {
  const header = signBody(body, secret, new Date(1_700_000_000_000));
  for (const offMs of [-300_000, 0, 300_000]) verify(header, { now: new Date(1_700_000_000_000 + offMs) });
  for (const offMs of [-300_001, 300_001, 86_400_000]) {
    refuses(() => verify(header, { now: new Date(1_700_000_000_000 + offMs) }), "stale");
  }
});

test("what is no signature is missing or malformed", () => {
  for (const none of [undefined, null, ""]) refuses(() => parseSignature(none), "missing");
  const header = signBody(body, secret, at);
  const wrong = [
    "hunter2",
    header.slice(0, -1),
    `${header}0`,
    header.replace("t=", "t=-"),
    header.replace("v1", "v2"),
    header.toUpperCase(),
    `${header},${header}`,
    `${header}, ${header}`,
    header + `,v1=${"0".repeat(64)}`.repeat(4),
  ];
  for (const text of wrong) refuses(() => parseSignature(text), "malformed");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      try {
        parseSignature(text);
      } catch (error) {
        assert.ok(error instanceof SignatureError);
      }
    }),
  );
});
