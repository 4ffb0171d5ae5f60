import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deadline, startDeadline } from "../../../src/client/deadline.ts";
import { ResetError, resetByName, resetMatcher } from "../../../src/client/reset-counters.ts";
import type { StatAnswer, StatsCalls } from "../../../src/client/stats-calls.ts";
import { isStatsError } from "../../../src/errors/stats-error.ts";
import type { NamePattern } from "../../../src/names/match-name.ts";

const alice = "user>>>alice>>>traffic>>>uplink";
const aliceWs = "user>>>alice.ws>>>traffic>>>uplink";
const bob = "user>>>bob>>>traffic>>>uplink";
const power = "outbound>>>power-user>>>alice>>>traffic>>>uplink";
const inbound = "inbound>>>user>>>traffic>>>uplink";
const all = [alice, aliceWs, bob, power, inbound];

const patterns: readonly [title: string, pattern: NamePattern, meant: readonly string[]][] = [
  ["a scope means that scope alone, not an outbound tagged power-user", "user>>>", [alice, aliceWs, bob]],
  ["a scope and a subject", "user>>>alice>>>", [alice]],
  ["a scope and the beginning of a subject", "user>>>alice", [alice, aliceWs]],
  ["an inbound", "inbound>>>", [inbound]],
  ["an outbound", "outbound>>>power-user", [power]],
  ["a text that is no scope, anywhere", "alice", [alice, aliceWs, power]],
  ["a text with an unfinished scope, anywhere", "user>>", [alice, aliceWs, bob, power, inbound]],
  ["a whole name", bob, [bob]],
  ["a text of expression signs, as it is", "user>>>.*", []],
  ["several texts, each by its own rule", ["user>>>bob", "power"], [bob, power]],
  ["a scope in a list", ["user>>>"], [alice, aliceWs, bob]],
  ["an expression, as it is", /user>>>(alice|bob)>>>/, [alice, bob, power]],
  ["an expression that is anchored", /^user>>>alice>>>/, [alice]],
  ["an expression with a memory", /alice/g, [alice, aliceWs, power]],
  ["an expression that says all", /.*/, all],
];
for (const [title, pattern, meant] of patterns) {
  test("resetMatcher takes all for all only where it says true", () => {
    assert.equal(resetMatcher({ all: true })("anything"), true);
    const loose = { all: undefined, pattern: "user>>>" } as unknown as { pattern: string };
    assert.equal(resetMatcher(loose)("inbound>>>ws>>>traffic>>>uplink"), false);
    const two = [
      { all: true, pattern: "user>>>" },
      { names: [], all: true },
    ];
    for (const wrong of [{ all: false }, { all: undefined }, {}, { names: undefined }, ...two]) {
      assert.throws(() => resetMatcher(wrong as never), /TypeError: say what to reset/);
    }
  });

  test(`resetMatcher: ${title}`, () => {
    assert.deepEqual(all.filter(resetMatcher({ pattern })), meant);
  });
}

test("resetMatcher refuses an empty pattern, which may be an accident", () => {
  for (const pattern of ["", [], [""], ["alice", ""], /(?:)/, /(?:)/g]) {
    assert.throws(() => resetMatcher({ pattern }), /TypeError: an empty pattern matches all: say \{ all: true \}/);
  }
});

test("resetMatcher keeps its own copy of a list, which may change before the counters are known", () => {
  const texts = ["user>>>bob"];
  const meant = resetMatcher({ pattern: texts });
  texts.push("");
  assert.deepEqual(all.filter(meant), [bob]);
});

const deadline = startDeadline({}, 60_000);

/** A core that answers resets with what `answer` gives. */
function core(answer: (name: string) => StatAnswer): { calls: StatsCalls; asked: string[]; mostAtOnce(): number } {
  const asked: string[] = [];
  let underWay = 0;
  let most = 0;
  const calls = {
    async getStats(name: string, given: Deadline, options: { reset?: boolean }): Promise<StatAnswer> {
      assert.equal(given, deadline);
      assert.deepEqual(options, { reset: true });
      asked.push(name);
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
      return answer(name);
    },
  };
  return { calls: calls as unknown as StatsCalls, asked, mostAtOnce: () => most };
}

test("resetByName zeroes each name once, says what it held, and leaves out what is not there", async () => {
  const { calls, asked } = core((name) => (name === "gone" ? { kind: "not-found" } : { kind: "found", value: 5n }));
  const done = await resetByName(calls, ["a", "gone", "b", "a"], deadline);
  assert.deepEqual(done, [
    { name: "a", value: 5n },
    { name: "b", value: 5n },
  ]);
  assert.deepEqual(asked, ["a", "gone", "b"]);
  assert.deepEqual(await resetByName(calls, [], deadline), []);
});

test("resetByName has no more than 64 calls under way", async () => {
  const { calls, mostAtOnce } = core(() => ({ kind: "found", value: 1n }));
  const names = Array.from({ length: 1000 }, (_, index) => `name ${index}`);
  const done = await resetByName(calls, names, deadline);
  assert.deepEqual(done.map(({ name }) => name).sort(), names.sort());
  assert.equal(mostAtOnce(), 64);
});

test("resetByName stops at a failure: what is done, what is in doubt, and nothing asked after", async () => {
  const failure = new Error("the connection broke");
  const { calls, asked } = core((name) => {
    if (Number(name) >= 100) throw failure;
    return { kind: "found", value: BigInt(name) };
  });
  const names = Array.from({ length: 1000 }, (_, index) => `${index}`);
  await assert.rejects(resetByName(calls, names, deadline), (error) => {
    assert.ok(error instanceof ResetError && isStatsError(error));
    assert.equal(error.name, "ResetError");
    assert.equal(error.code, "reset-incomplete");
    assert.equal(error.cause, failure);
    assert.match(error.message, /stopped after 100 counters, \d+ in doubt: the connection broke/);
    assert.deepEqual(
      error.done.map(({ name }) => name),
      names.slice(0, 100),
    );
    assert.deepEqual([...error.done.map(({ name }) => name), ...error.inDoubt].sort(), [...asked].sort());
    return true;
  });
  assert.ok(asked.length < 300, `${asked.length} asked`);
});
