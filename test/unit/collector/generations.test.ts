import assert from "node:assert/strict";
import { test } from "node:test";
import { LedgerError } from "../../../src/ledger/ledger-error.ts";
import { startSession } from "./collector-session.ts";

test("who is made anew begins a generation with what follows the reading", async () => {
  const anew: string[] = [];
  const asked: string[] = [];
  await using session = startSession(["a"], {
    madeAnew: (node) => {
      asked.push(node);
      return anew.splice(0);
    },
  });
  const { clock, ledger, told } = session;
  const core = session.core("a");
  await clock.pass(500);
  core.add(10n);
  anew.push("alice", "nobody");
  await clock.pass(1000);
  core.add(200n);
  await clock.pass(1000);
  const { rows } = await ledger.usage({ by: ["user", "generation"] });
  assert.deepEqual(
    rows.map(({ subject, generation, total }) => [subject, generation, total]),
    [
      ["alice", 0, 10n],
      ["alice", 1, 200n],
    ],
  );
  assert.deepEqual(told, ["a recording", "a first-sight", "a generation", "a generation"]);
  assert.deepEqual(new Set(asked), new Set(["a"]));
});

test("it is asked again only when all have begun, and polls go on while that fails", async () => {
  let failing = true;
  let asked = 0;
  await using session = startSession(
    ["a"],
    {
      madeAnew: async () => {
        asked++;
        if (asked === 1) throw new Error("no such file");
        return asked === 3 ? ["alice"] : [];
      },
    },
    (ledger) => ({
      ...ledger,
      newGeneration: async (start) => {
        if (failing) throw new LedgerError("busy", "somebody writes");
        return ledger.newGeneration(start);
      },
    }),
  );
  const { clock, told } = session;
  session.core("a").add(1n);
  await clock.pass(5500);
  assert.equal(asked, 3);
  assert.deepEqual(told, ["a recording", "a first-sight", "a trouble", "a trouble"]);
  session.core("a").add(8n);
  failing = false;
  await clock.pass(1000);
  assert.equal(asked, 3);
  await clock.pass(1000);
  assert.equal(asked, 4);
  assert.deepEqual(told.slice(4), ["a generation"]);
  assert.equal(await session.booked(), 8n);
});

test("names that are none change nothing", async () => {
  await using session = startSession(["a"], { madeAnew: () => ["alice", ""] });
  await session.clock.pass(3500);
  assert.deepEqual(session.told, ["a recording", "a first-sight", "a trouble"]);
});

test("polls go on while whoever is asked does not answer, and a late answer holds from the next reading on", async () => {
  const answer = Promise.withResolvers<string[]>();
  let asked = 0;
  await using session = startSession(["a"], { madeAnew: () => (asked++ === 0 ? answer.promise : []) });
  const { clock, ledger, told } = session;
  await clock.pass(1500);
  session.core("a").add(10n);
  await clock.pass(5000);
  assert.equal(await session.booked(), 10n);
  assert.equal(asked, 1, "nobody is asked again before the first answer");
  answer.resolve(["alice"]);
  await clock.pass(1000);
  session.core("a").add(200n);
  await clock.pass(2000);
  const { rows } = await ledger.usage({ by: ["generation"] });
  assert.deepEqual(
    rows.map(({ generation, total }) => [generation, total]),
    [
      [0, 10n],
      [1, 200n],
    ],
  );
  assert.deepEqual(told, ["a recording", "a first-sight", "a trouble", "a generation"]);
});

test("who is asked and never answers does not hold up the end", async () => {
  await using session = startSession(["a"], { madeAnew: () => new Promise<never>(() => {}) });
  await session.clock.pass(100);
  session.core("a").add(5n);
  const ended = session.stop();
  await session.clock.pass(1000);
  await ended;
  assert.equal(await session.booked(), 5n);
  assert.deepEqual(session.told.at(-1), "a stopped");
});
