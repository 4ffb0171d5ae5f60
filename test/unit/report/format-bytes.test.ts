import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatBytes, formatRate } from "../../../src/report/index.ts";

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

test("formatBytes writes bytes as they are and larger sizes with one decimal", () => {
  const expected: [bigint, string][] = [
    [0n, "0 B"],
    [1n, "1 B"],
    [1023n, "1023 B"],
    [1024n, "1.0 KiB"],
    [1075n, "1.0 KiB"],
    [1076n, "1.1 KiB"],
    [1_572_864n, "1.5 MiB"],
    [2_500_000_120n, "2.3 GiB"],
    [2n ** 63n - 1n, "8.0 EiB"],
    [2n ** 80n, "1.0 YiB"],
    [2n ** 90n, "1024.0 YiB"],
    [-1n, "-1 B"],
    [-1_572_864n, "-1.5 MiB"],
  ];
  for (const [bytes, text] of expected) assert.equal(formatBytes(bytes), text);
});

test("formatBytes never writes 1024 of a unit that has a larger one", () => {
  for (let power = 1; power < 8; power += 1) {
    const below = 1024n ** BigInt(power + 1) - 1n;
    assert.equal(formatBytes(below), `1.0 ${units[power + 1]}`);
    assert.equal(formatBytes(-below), `-1.0 ${units[power + 1]}`);
  }
  assert.equal(formatBytes(1_048_524n), "1023.9 KiB");
  assert.equal(formatBytes(1_048_525n), "1.0 MiB");
});

test("formatBytes is at most half of a tenth off", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 80n), fc.nat(70), (bits, shift) => {
      const bytes = bits >> BigInt(shift);
      const [, whole = "", decimal = "0", unit = ""] = /^(\d+)(?:\.(\d))? (\w+)$/.exec(formatBytes(bytes)) ?? [];
      const divisor = 1024n ** BigInt(units.indexOf(unit));
      const error = (BigInt(whole) * 10n + BigInt(decimal)) * divisor - bytes * 10n;
      assert.ok(error * 2n <= divisor && error * -2n <= divisor, `${bytes}`);
      assert.ok(BigInt(whole) < 1024n);
    }),
    { numRuns: 2000 },
  );
});

test("formatRate writes bytes a second, rounded to whole ones", () => {
  assert.equal(formatRate(0), "0 B/s");
  assert.equal(formatRate(0.4), "0 B/s");
  assert.equal(formatRate(1023.6), "1.0 KiB/s");
  assert.equal(formatRate(1_572_864), "1.5 MiB/s");
  assert.equal(formatRate(-2048), "-2.0 KiB/s");
  for (const rate of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => formatRate(rate), new RangeError("bytesPerSecond must be a finite number"));
  }
});
