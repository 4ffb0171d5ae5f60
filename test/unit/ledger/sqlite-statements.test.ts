import assert from "node:assert/strict";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { createLedger, type Ledger } from "../../../src/ledger/ledger.ts";
import { openSqliteStore } from "../../../src/ledger/sqlite/sqlite-store.ts";
import { readingHere, up } from "../../support/ledger-session.ts";
import type { ReadingOptions } from "../snapshot/reading.ts";

/** One statement of SQLite that fails. */
interface StatementFault {
  /** Which of the coming ones, from 0. */
  readonly statement: number;
  /** Whether it had its effect; a commit that nobody hears of, for one. */
  readonly after: boolean;
}

/** Lets statements of all databases of this process fail. */
class FailingStatements {
  #armed: StatementFault | undefined;
  #count = 0;
  /** The one that failed since `arm`. */
  failed: string | undefined;

  constructor({ mock }: TestContext) {
    const failing = this;
    const wrap = (prototype: object, method: string, nameOf: (self: unknown, args: unknown[]) => string): void => {
      const original = Reflect.get(prototype, method) as (...args: unknown[]) => unknown;
      mock.method(
        prototype,
        method as never,
        function (this: unknown, ...args: unknown[]) {
          return failing.#run(nameOf(this, args), () => original.apply(this, args));
        } as never,
      );
    };
    wrap(DatabaseSync.prototype, "exec", (_, [text]) => String(text));
    for (const method of ["run", "get", "all", "iterate"])
      wrap(StatementSync.prototype, method, (self) => (self as StatementSync).sourceSQL);
  }

  arm(fault: StatementFault | undefined): void {
    this.#armed = fault;
    this.#count = 0;
    this.failed = undefined;
  }

  #run(name: string, effect: () => unknown): unknown {
    // A rollback cannot fail: what SQLite could not undo it leaves to who opens the file next.
    const fails = name !== "ROLLBACK" && this.#armed !== undefined && this.#count++ === this.#armed.statement;
    if (fails) this.failed = name;
    if (fails && this.#armed?.after === false) throw new Error("disk I/O error");
    const result = effect();
    if (fails) throw new Error("disk I/O error");
    return result;
  }
}

const many = ["alice", "bob", "carol", "dave"].map(up);
const counters = (value: bigint, names = many): Record<string, bigint> =>
  Object.fromEntries(names.map((name, index) => [name, value + BigInt(index)]));

/** New counters, some that vanish, some that return, a reset, a restart. */
const script: readonly (readonly [at: number, counters: Record<string, bigint>, options?: ReadingOptions])[] = [
  [0, counters(10n, many.slice(2))],
  [10, counters(20n)],
  [20, counters(30n, many.slice(0, 3))],
  [30, counters(1n)],
  [40, counters(2n, many.slice(1)), { up: 5, allocated: 5n }],
];

/** A total of values that differ, and the causes of the gaps. */
async function kept(ledger: Ledger, node: string): Promise<readonly [bigint, string[]]> {
  const { total } = await ledger.totals({ node });
  return [total, (await ledger.gaps({ node })).map(({ cause }) => cause).sort()];
}

test("a reading may fail at each statement of SQLite, and the next one books the rest", async (context) => {
  const failing = new FailingStatements(context);
  await using ledger = createLedger(await openSqliteStore(":memory:", { busyTimeoutMs: 1000 }));
  /** @returns Which statement failed. */
  const run = async (node: string, at: number, fault?: StatementFault): Promise<string | undefined> => {
    await using writer = await ledger.claim(node);
    let failed: string | undefined;
    for (const [index, [seconds, shown, options]] of script.entries()) {
      const before = index === at ? await kept(ledger, node) : undefined;
      failing.arm(index === at ? fault : undefined);
      const outcome = await writer.record(readingHere(seconds, shown, options)).catch((error: Error) => error);
      failed ??= failing.failed;
      const { failed: now } = failing;
      failing.arm(undefined);
      if (now === undefined) {
        if (outcome instanceof Error) throw outcome;
        continue;
      }
      assert.ok(outcome instanceof Error && /disk I\/O error/.test(outcome.message), String(outcome));
      const committed = now === "COMMIT" && fault?.after;
      if (!committed) assert.deepEqual(await kept(ledger, node), before, `${now} leaves nothing behind`);
      const again = await writer.record(readingHere(seconds + 0.1, shown, options));
      if (committed) assert.deepEqual([again.bytes, again.gaps], [0n, []], "what was booked is not booked again");
    }
    return failed;
  };
  await run("undisturbed", -1);
  const expected = await kept(ledger, "undisturbed");
  assert.deepEqual(expected[1], ["core-restart", "counter-lost", "first-sight", "foreign-reset"]);
  const seen = new Set<string>();
  let runs = 0;
  for (const at of script.keys())
    for (const after of [false, true])
      for (let statement = 0; ; statement++) {
        const node = `node ${runs++}`;
        const failed = await run(node, at, { statement, after });
        assert.deepEqual(await kept(ledger, node), expected, `reading ${at}, ${failed}, after: ${after}`);
        if (failed === undefined) break;
        seen.add(failed);
      }
  for (const statement of ["BEGIN IMMEDIATE", "COMMIT"]) assert.ok(seen.has(statement), [...seen].join("\n"));
  assert.ok(runs > 100, String(runs));
});
