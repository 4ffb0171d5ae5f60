import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { type TestContext, test } from "node:test";
import type { Deadline } from "../../../src/client/deadline.ts";
import { retryRead } from "../../../src/client/retry.ts";
import { StatsError, type StatsErrorCode } from "../../../src/errors/stats-error.ts";
import { sleep } from "../../../src/internal/sleep.ts";

function deadline(remainingMs = 60_000, signal?: AbortSignal): Deadline {
  return { signal, timeoutMs: remainingMs, remainingMs: () => remainingMs };
}

function retry(read: () => Promise<string>, retries: number, deadline: Deadline): Promise<string> {
  return retryRead(read, retries, deadline, new AbortController().signal);
}

/** A read that fails so often, then answers. */
function failing(times: number, code: StatsErrorCode = "connection-lost"): { read(): Promise<string>; calls: number } {
  const reads = {
    calls: 0,
    async read() {
      if (++reads.calls <= times) throw new StatsError(code, `failure ${reads.calls}`);
      return `answer ${reads.calls}`;
    },
  };
  return reads;
}

/** The shortest pauses: 25, 50, 100 ms. */
function withoutJitter(t: TestContext): void {
  t.mock.method(Math, "random", () => 0);
}

test("retryRead reads once where that works", async () => {
  const reads = failing(0);
  assert.equal(await retry(reads.read, 5, deadline()), "answer 1");
  assert.equal(reads.calls, 1);
});

test("retryRead tries again where the connection broke, could not be made or led nowhere, as often as allowed", async (t) => {
  withoutJitter(t);
  for (const code of ["connection-lost", "unreachable", "no-answer"] as const) {
    const reads = failing(2, code);
    assert.equal(await retry(reads.read, 2, deadline()), "answer 3");
    const hopeless = failing(9, code);
    await assert.rejects(retry(hopeless.read, 2, deadline()), { code, message: "failure 3" });
    assert.equal(hopeless.calls, 3);
    const never = failing(9, code);
    await assert.rejects(retry(never.read, 0, deadline()), { message: "failure 1" });
    assert.equal(never.calls, 1);
  }
});

test("retryRead does not try again where that cannot help", async () => {
  const codes: StatsErrorCode[] = ["timeout", "tls", "wrong-protocol", "unsupported", "stats-disabled"];
  for (const code of [...codes, "malformed", "too-large", "closed", "rpc", "reset-incomplete"] as StatsErrorCode[]) {
    const reads = failing(9, code);
    await assert.rejects(retry(reads.read, 5, deadline()), { code });
    assert.equal(reads.calls, 1, code);
  }
  let calls = 0;
  const bug = new TypeError("a bug");
  const read = async (): Promise<string> => {
    calls++;
    throw Object.assign(bug, { code: "connection-lost" });
  };
  await assert.rejects(retry(read, 5, deadline()), bug);
  assert.equal(calls, 1);
});

test("retryRead gives the last failure where no pause fits into the time left", async (t) => {
  withoutJitter(t);
  const reads = failing(9);
  await assert.rejects(retry(reads.read, 5, deadline(25)), { message: "failure 1" });
  assert.equal(reads.calls, 1);
  // The second pause is of 50 ms.
  const more = failing(9);
  await assert.rejects(retry(more.read, 5, deadline(50)), { message: "failure 2" });
});

test("retryRead waits twice as long each time, with chance in it", async (t) => {
  let random = 0;
  t.mock.method(Math, "random", () => random);
  const duration = async (): Promise<number> => {
    const started = performance.now();
    await assert.rejects(retry(failing(9).read, 2, deadline()), { message: "failure 3" });
    return performance.now() - started;
  };
  const shortest = await duration();
  assert.ok(shortest >= 25 + 50 - 2, `${shortest} ms`);
  random = 0.999;
  const longest = await duration();
  assert.ok(longest >= 75 + 150 - 2, `${longest} ms`);
});

test("retryRead waits for two seconds at most, give or take", async (t) => {
  for (const [remainingMs, outcome] of [
    [2000, "failure 21"],
    [2001, "aborted"],
  ] as const) {
    const controller = new AbortController();
    const reads = failing(99);
    // No pauses at all, then one of middle length.
    t.mock.method(Math, "random", () => (reads.calls <= 20 ? -0.5 : 0.5));
    const read = async (): Promise<string> => {
      if (reads.calls === 20) setImmediate(() => controller.abort(new Error("aborted")));
      return reads.read();
    };
    await assert.rejects(retry(read, 99, deadline(remainingMs, controller.signal)), { message: outcome });
    assert.equal(reads.calls, 21);
  }
});

for (const who of ["the caller aborts", "the client closes"] as const) {
  test(`retryRead stops in its pause when ${who}, with the reason itself and no listener left`, async () => {
    const caller = new AbortController();
    const closing = new AbortController();
    const reason = { why: "enough" };
    const reads = failing(9);
    const read = async (): Promise<string> => {
      setImmediate(() => (who === "the caller aborts" ? caller : closing).abort(reason));
      return reads.read();
    };
    const done = retryRead(read, 9, deadline(60_000, caller.signal), closing.signal);
    await assert.rejects(done, (error) => error === reason);
    assert.equal(reads.calls, 1);
    for (const { signal } of [caller, closing]) assert.deepEqual(getEventListeners(signal, "abort"), []);
  });
}

test("retryRead leaves no listener after its pauses", async (t) => {
  withoutJitter(t);
  const caller = new AbortController();
  const closing = new AbortController();
  await retryRead(failing(2).read, 2, deadline(60_000, caller.signal), closing.signal);
  for (const { signal } of [caller, closing]) assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("sleep leaves no listener when its time is over, and listens while it lasts", async () => {
  const { signal } = new AbortController();
  const done = sleep(1, signal);
  assert.equal(getEventListeners(signal, "abort").length, 1);
  await done;
  assert.deepEqual(getEventListeners(signal, "abort"), []);
  await sleep(0);
});

test("sleep of an aborted signal rejects with its reason, whatever that is", async () => {
  for (const reason of [new Error("mine"), "text", { why: "object" }]) {
    await assert.rejects(sleep(60_000, AbortSignal.abort(reason)), (error) => error === reason);
  }
  await assert.rejects(sleep(60_000, AbortSignal.abort()), { name: "AbortError" });
});
