import assert from "node:assert/strict";
import { test } from "node:test";
import { nearNames } from "../../../../src/config/explain/near-names.ts";

const names = ["alice", "bob", "carol@example.com", "Dave", "vmess-in", "vless-in"];

test("names with a slip, or in another case", () => {
  assert.deepEqual(nearNames("alcie", names), ["alice"]);
  assert.deepEqual(nearNames("DAVE", names), ["Dave"]);
  assert.deepEqual(nearNames(" bob ", names), ["bob"]);
  assert.deepEqual(nearNames("vmes-in", names), ["vmess-in", "vless-in"]);
});

test("an e-mail without its domain, and the other way round", () => {
  assert.deepEqual(nearNames("carol", names), ["carol@example.com"]);
  assert.deepEqual(nearNames("alice@example.com", names), ["alice"]);
});

test("nothing that is far, nor the name itself", () => {
  assert.deepEqual(nearNames("zoe", names), []);
  assert.deepEqual(nearNames("alice", ["alice"]), []);
  assert.deepEqual(nearNames("ab", ["cd"]), []);
});

test("three at most, the nearest first", () => {
  assert.deepEqual(nearNames("user-10", ["user-234", "user-1", "user-11", "user-12", "user-9"]), [
    "user-1",
    "user-11",
    "user-12",
  ]);
});
