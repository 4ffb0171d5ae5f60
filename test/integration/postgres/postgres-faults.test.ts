import assert from "node:assert/strict";
import { test } from "node:test";
import { createLedger, type Ledger } from "../../../src/ledger/ledger.ts";
import { openPostgresStore } from "../../../src/ledger/postgres/postgres-store.ts";
import { expectLedgerError } from "../../support/ledger-errors.ts";
import { booked, node, readingHere, up } from "../../support/ledger-session.ts";
import { newSchema, postgresMissing, postgresServer } from "../../support/postgres-server.ts";
import type { ReadingOptions } from "../../unit/snapshot/reading.ts";
import { conflict, type FaultySource, faultySource } from "./faulty-source.ts";

const skip = postgresMissing();
const [a, b] = [up("alice"), up("bob")];

/** New counters, one that vanishes, one that returns, a reset, a restart. */
const script: readonly (readonly [at: number, counters: Record<string, bigint>, options?: ReadingOptions])[] = [
  [0, { [a]: 10n }],
  [10, { [a]: 15n, [b]: 20n }],
  [20, { [a]: 16n }],
  [30, { [a]: 1n, [b]: 21n }],
  [40, { [a]: 8n, [b]: 1n }, { up: 5, allocated: 5n }],
];

interface Kept {
  readonly usage: unknown;
  readonly gaps: readonly string[];
}

async function kept(ledger: Ledger, name: string): Promise<Kept> {
  const usage = (await ledger.usage({ node: name, by: ["user"] })).rows;
  return { usage, gaps: (await ledger.gaps({ node: name })).map(({ cause }) => cause).sort() };
}

interface Fault {
  readonly name: string;
  readonly after: boolean;
  readonly error: Error;
  /** Whether the work is done again by itself. */
  readonly healed: boolean;
}

const faults: readonly Fault[] = [
  { name: "serialisation failure", after: false, error: conflict("40001"), healed: true },
  { name: "deadlock", after: false, error: conflict("40P01"), healed: true },
  { name: "lost statement", after: false, error: new Error("the connection broke"), healed: false },
  { name: "lost answer", after: true, error: new Error("the connection broke"), healed: false },
];

/** Records the script. @returns Whether a statement failed. */
async function run(source: FaultySource, ledger: Ledger, name: string, at: number, fault: Fault, statement: number) {
  await using writer = await ledger.claim(name);
  let failed: string | undefined;
  for (const [index, [seconds, counters, options]] of script.entries()) {
    if (index !== at) {
      await writer.record(readingHere(seconds, counters, options));
      continue;
    }
    source.arm({ statement, ...fault });
    const outcome = await writer.record(readingHere(seconds, counters, options)).catch((error: Error) => error);
    failed = source.failed;
    source.arm(undefined);
    if (!(outcome instanceof Error)) {
      assert.ok(failed === undefined || fault.healed || failed.startsWith("BEGIN"), failed);
      continue;
    }
    assert.ok(!fault.healed, `${failed}: ${outcome}`);
    await expectLedgerError(Promise.reject(outcome), "unavailable");
    const again = await writer.record(readingHere(seconds + 0.1, counters, options));
    if (failed === "COMMIT" && fault.after) assert.equal(again.bytes, 0n, "what was booked is not booked again");
  }
  return failed;
}

for (const fault of faults) {
  test(`a reading survives a ${fault.name} at each of its statements`, { skip }, async () => {
    const source = faultySource((await postgresServer()).pool);
    await using ledger = createLedger(await openPostgresStore(source, { schema: newSchema() }));
    await run(source, ledger, "undisturbed", -1, fault, 0);
    const expected = await kept(ledger, "undisturbed");
    assert.deepEqual(expected.gaps, ["core-restart", "first-sight", "foreign-reset"]);
    let runs = 0;
    for (const at of script.keys()) {
      for (let statement = 0; ; statement++) {
        const name = `node ${runs++}`;
        const failed = await run(source, ledger, name, at, fault, statement);
        assert.deepEqual(await kept(ledger, name), expected, `reading ${at}, statement ${statement}: ${failed}`);
        if (failed === undefined) break;
      }
    }
    assert.ok(runs > 30, String(runs));
  });
}

test("a conflict that never ends is told at last, and leaves nothing behind", { skip }, async () => {
  const { pool } = await postgresServer();
  const schema = newSchema();
  await using ledger = createLedger(await openPostgresStore(pool, { schema }));
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  await writer.release();
  let commits = 0;
  const stubborn = createLedger(
    await openPostgresStore(
      {
        connect: async () => {
          const connection = await pool.connect();
          return {
            async query(text, values) {
              if (text === "COMMIT" && commits++ > 0) throw conflict("40001");
              return connection.query(text, values);
            },
            release: (error) => connection.release(error),
          };
        },
      },
      { schema },
    ),
  );
  await expectLedgerError(stubborn.claim("another"), "busy");
  assert.ok(commits > 10, String(commits));
  assert.deepEqual(
    (await ledger.gaps()).map(({ node: of }) => of),
    [node],
  );
  assert.deepEqual(await booked(ledger), {});
});

test("after an answer that was lost a stale reading stays stale", { skip }, async () => {
  const source = faultySource((await postgresServer()).pool);
  await using ledger = createLedger(await openPostgresStore(source, { schema: newSchema() }));
  await using writer = await ledger.claim(node);
  await writer.record(readingHere(0, { [a]: 1n }));
  const reading = readingHere(1, { [a]: 4n });
  // Not at its BEGIN: that is tried again.
  for (let statement = 1; source.failed !== "COMMIT"; statement++) {
    source.arm({ statement, after: true, error: new Error("the connection broke") });
    await writer.record(reading).catch(() => {});
  }
  source.arm(undefined);
  await expectLedgerError(writer.record(reading), "stale-reading");
  assert.deepEqual(await booked(ledger), { [a]: 3n });
});
