import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { formatSize } from "../../../src/manager/format-size.ts";
import { createAccess } from "../../../src/manager/server/access.ts";
import { numericJson } from "../../../src/manager/server/body-values.ts";
import { dayRange, monthOf, monthRange } from "../../../src/manager/server/history-range.ts";
import { createManagerHandler } from "../../../src/manager/server/manager-handler.ts";
import { Problem } from "../../../src/manager/server/problem.ts";
import { TimedCache } from "../../../src/manager/server/timed-cache.ts";

function status(work: () => unknown): number {
  try {
    work();
    return 200;
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error.status;
  }
}

test("either header lets in, and tells who it is; nothing else does", () => {
  const access = createAccess([
    { name: "bot", key: "first-key" },
    { name: "ops", key: "second-key" },
  ]);
  const asked = (headers: Record<string, string>): string => access.check(new Request("http://x/api", { headers }));
  assert.equal(asked({ "X-API-Key": "first-key" }), "bot");
  assert.equal(asked({ Authorization: "Bearer second-key" }), "ops");
  assert.equal(asked({ authorization: "bearer second-key" }), "ops");
  const wrong: Record<string, string>[] = [
    {},
    { "X-API-Key": "" },
    { "X-API-Key": "first-ke" },
    { "X-API-Key": "first-key2" },
    { Authorization: "first-key" },
    { Authorization: "Basic first-key" },
    { "X-API-Key": "wrong", Authorization: "Bearer first-key" },
  ];
  for (const headers of wrong)
    assert.equal(
      status(() => asked(headers)),
      401,
      JSON.stringify(headers),
    );
});

test("without keys only loopback is answered; no keys at all is a mistake", () => {
  const access = createAccess("none");
  for (const host of ["127.0.0.1:1", "localhost", "[::1]:8000", "127.9.9.9"])
    assert.equal(access.check(new Request(`http://${host}/api`)), "anybody");
  for (const host of ["panel.example", "10.0.0.1", "127.0.0.1.evil.example"])
    assert.equal(
      status(() => access.check(new Request(`http://${host}/api`))),
      403,
    );
  // What a request calls this host is its own word.
  const local = (headers: Record<string, string> = {}): Request => new Request("http://localhost/api", { headers });
  for (const near of ["127.0.0.1", "::1", "::ffff:127.0.0.1", undefined])
    assert.equal(access.check(local(), near), "anybody");
  for (const [request, address] of [
    [local(), "198.51.100.7"],
    [local(), "::ffff:198.51.100.7"],
    [local({ "x-forwarded-for": "198.51.100.7" }), "127.0.0.1"],
    [local({ forwarded: "for=198.51.100.7" }), "127.0.0.1"],
  ] as const)
    assert.equal(
      status(() => access.check(request, address)),
      403,
    );
  assert.throws(() => createAccess([]), TypeError);
  assert.throws(() => createAccess([{ name: "a", key: "with\nbreak" }]), TypeError);
});

test("a number of requests that is none is refused", () => {
  const options = { ledger: openMemoryLedger(), node: "fra-1", keys: [], apiKeys: "none" } as const;
  for (const requestsPerMinute of [Number.NaN, 0, -1])
    assert.throws(() => createManagerHandler({ ...options, requestsPerMinute }), /requestsPerMinute must be from 1 on/);
});

test("answers are kept for their own time, asked once at a time, and not at all when they fail", async () => {
  let now = 0;
  let asked = 0;
  const cache = new TimedCache<number>({ maxAgeMs: 30, most: 2, now: () => now });
  const ask = async (): Promise<number> => ++asked;
  assert.deepEqual(await Promise.all([cache.get("a", ask), cache.get("a", ask)]), [
    { value: 1, ageMs: 0 },
    { value: 1, ageMs: 0 },
  ]);
  now = 29;
  await cache.get("b", ask);
  assert.deepEqual(await cache.get("a", ask), { value: 1, ageMs: 29 });
  now = 30;
  assert.deepEqual(await cache.get("a", ask), { value: 3, ageMs: 0 });
  await cache.get("c", ask);
  assert.equal((await cache.get("b", ask)).value, 5); // the oldest had to go
  cache.drop("b");
  assert.equal((await cache.get("b", ask)).value, 6);
  await assert.rejects(
    cache.get("x", () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.equal((await cache.get("x", ask)).value, 7);
});

test("an answer on its way when it is dropped does not come back", async () => {
  const cache = new TimedCache<string>({ maxAgeMs: 1000, most: 2 });
  let finish = (_: string): void => {};
  const old = cache.get("a", () => new Promise((resolve) => (finish = resolve)));
  cache.drop("a");
  assert.equal((await cache.get("a", async () => "new")).value, "new");
  finish("old");
  assert.equal((await old).value, "old");
  assert.equal((await cache.get("a", async () => "newest")).value, "new");
});

test("sizes as the manager writes them, numbers with all their digits", () => {
  const sizes = [0n, 1023n, 1024n, 122_880n, 752_353_280n, 1_781_451_712n, 5_000_000_000_000n];
  const written = ["0 B", "1023 B", "1.00 KB", "120.00 KB", "717.50 MB", "1.66 GB", "4656.61 GB"];
  assert.deepEqual(sizes.map(formatSize), written);
  assert.equal(numericJson({ a: 9_007_199_254_740_993n, b: undefined }), '{"a":9007199254740993}');
});

test("days and months that there are", () => {
  assert.deepEqual(dayRange("2024-02-29"), { from: "2024-02-29", to: "2024-03-01" });
  assert.deepEqual(monthRange("2025-12"), { from: "2025-12-01", to: "2026-01-01" });
  for (const day of ["2025-02-29", "2025-13-01", "2025-00-10", "today", "0026-01-01", "2025-1-1"])
    assert.equal(
      status(() => dayRange(day)),
      422,
      day,
    );
  for (const month of ["2025-13", "2025", "2025-1", "x"])
    assert.equal(
      status(() => monthRange(month)),
      422,
      month,
    );
  assert.equal(monthOf(new Date("2025-11-30T20:00Z"), "Asia/Kolkata"), "2025-12");
});
