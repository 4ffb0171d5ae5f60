import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { formatNumfmt } from "../../../src/report/format-numfmt.ts";

const missing = spawnSync("numfmt", ["--version"]).status !== 0;
const skip = missing && process.env.CI !== "true" ? "numfmt is not installed" : false;

const edges = [0n, 1n, 9n, 10n, 100n];
for (let power = 1n; power <= 6n; power += 1n) {
  const unit = 1024n ** power;
  for (const tenths of [10n, 11n, 15n, 98n, 99n, 100n, 101n, 110n, 9990n, 10_220n, 10_230n, 10_231n, 10_240n]) {
    for (const offset of [-2n, -1n, 0n, 1n, 2n]) {
      const bytes = (unit * tenths) / 10n + offset;
      if (bytes < 2n ** 63n) edges.push(bytes);
    }
  }
}
edges.push(2n ** 63n - 1n);

test("formatNumfmt rounds away from zero, with one decimal below ten", () => {
  const expected: [bigint, string][] = [
    [0n, "0B"],
    [1000n, "1000B"],
    [1023n, "1023B"],
    [1024n, "1.0KB"],
    [1025n, "1.1KB"],
    [10137n, "9.9KB"],
    [10138n, "10KB"],
    [10241n, "11KB"],
    [1047552n, "1023KB"],
    [1047553n, "1.0MB"],
    [2500000120n, "2.4GB"],
    [2n ** 63n - 1n, "8.0EB"],
    [2n ** 63n + 1n, "8.1EB"],
    [2n ** 70n, "1.0ZB"],
    [-1025n, "-1.1KB"],
  ];
  for (const [bytes, text] of expected) assert.equal(formatNumfmt(bytes), text);
});

test("formatNumfmt names the smallest size that it can write and that is not too small", () => {
  fc.assert(
    fc.property(fc.oneof(fc.bigInt(0n, 2n ** 63n - 1n), fc.constantFrom(...edges), fc.nat().map(BigInt)), (bytes) => {
      const [, whole = "", decimal, letter = ""] = /^(\d+)(?:\.(\d))?([KMGTPE]?)B$/.exec(formatNumfmt(bytes)) ?? [];
      const unit = 1024n ** BigInt(" KMGTPE".indexOf(letter || " "));
      const tenths = BigInt(whole) * 10n + BigInt(decimal ?? 0);
      const step = decimal === undefined ? 10n : 1n;
      assert.ok(tenths * unit >= bytes * 10n, "not below");
      assert.ok((tenths - step) * unit < bytes * 10n || bytes === 0n, "one step less would be below");
      assert.ok(tenths < 10_240n, "a larger unit would do");
      assert.equal(decimal !== undefined, unit > 1n && tenths < 100n);
    }),
    { numRuns: 2000 },
  );
});

test("formatNumfmt writes what numfmt writes", { skip }, () => {
  const random = fc.sample(fc.bigInt(0n, 2n ** 63n - 1n), { numRuns: 2000, seed: 1 });
  const sizes = fc.sample(fc.nat(62), { numRuns: 2000, seed: 2 });
  const values = [...edges, ...random.map((value, index) => value >> BigInt(sizes[index] ?? 0))];
  const run = spawnSync("numfmt", ["--to=iec", "--suffix=B"], { input: values.join("\n"), encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  const lines = run.stdout.trimEnd().split("\n");
  assert.deepEqual(
    values.map((value) => `${value} ${formatNumfmt(value)}`),
    values.map((value, index) => `${value} ${lines[index]}`),
  );
});
