import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamePattern } from "../../../src/names/index.ts";
import { createNameMatcher } from "../../../src/names/index.ts";

const alice = "user>>>alice@tcp>>>traffic>>>uplink";
const bob = "user>>>bob@tcp>>>traffic>>>uplink";
const power = "outbound>>>power-user>>>traffic>>>uplink";

function matched(pattern?: NamePattern): string[] {
  return [alice, bob, power].filter(createNameMatcher(pattern));
}

test("createNameMatcher without a pattern, or with an empty text, means every name", () => {
  assert.deepEqual(matched(), [alice, bob, power]);
  assert.deepEqual(matched(""), [alice, bob, power]);
  assert.deepEqual(matched(["nobody", ""]), [alice, bob, power]);
  assert.equal(createNameMatcher("")(""), true);
});

test("createNameMatcher with an empty list means no name", () => {
  assert.deepEqual(matched([]), []);
});

test("createNameMatcher looks for a text anywhere, and case counts", () => {
  assert.deepEqual(matched("user>>>"), [alice, bob, power]);
  assert.deepEqual(matched("alice"), [alice]);
  assert.deepEqual(matched("Alice"), []);
  assert.deepEqual(matched(".*"), []);
  assert.deepEqual(matched(["bob", "power"]), [bob, power]);
});

test("createNameMatcher takes an expression as it is", () => {
  assert.deepEqual(matched(/^user>>>/), [alice, bob]);
  assert.deepEqual(matched(/ALICE/i), [alice]);
  assert.deepEqual(matched(/user>>>/y), [alice, bob]);
});

test("createNameMatcher answers alike however often it is asked, with any flags", () => {
  for (const flags of ["g", "y", "gy"]) {
    const pattern = new RegExp("user>>>alice", flags);
    pattern.lastIndex = 3;
    const matches = createNameMatcher(pattern);
    const names = [alice, alice, bob, bob, alice];
    assert.deepEqual(names.map(matches), [true, true, false, false, true], flags);
    assert.equal(pattern.lastIndex, 3, "the caller's expression is left alone");
  }
});

test("createNameMatcher keeps its own copy of a list", () => {
  const texts = ["alice"];
  const matches = createNameMatcher(texts);
  texts.push("bob");
  assert.equal(matches(bob), false);
});
