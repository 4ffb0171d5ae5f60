import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseJson } from "../../../src/manager/schemas/parse-json.ts";
import { readBytes, readCount, readTime } from "../../../src/manager/schemas/tolerant-values.ts";

test("every finite number from zero on is a number of bytes, rounded down", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (number) => {
      const bytes = readBytes(number);
      assert.ok(bytes !== undefined);
      assert.equal(Number(bytes), Math.floor(number));
    }),
  );
});

test("a whole number of bytes is exact, however it is written", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 70n }), fc.stringMatching(/^(\.\d{0,9})?$/), (bytes, fraction) => {
      assert.equal(readBytes(bytes), bytes);
      assert.equal(readBytes(`${bytes}`), bytes);
      assert.equal(readBytes(`${bytes}${fraction}`), bytes);
      assert.equal(readBytes(parseJson(`${bytes}`)), bytes);
    }),
  );
});

test("nothing else is a number of bytes", () => {
  for (const value of [
    -1,
    -0.5,
    -1n,
    Number.NaN,
    Infinity,
    "",
    " ",
    "-1",
    "1e3",
    "0x10",
    "716.80 KB",
    "٣",
    true,
    null,
    [],
    {},
  ]) {
    assert.equal(readBytes(value), undefined, String(value));
  }
  assert.equal(readBytes(-0), 0n);
  fc.assert(
    fc.property(fc.double({ max: -Number.MIN_VALUE, noNaN: true }), (number) => {
      assert.equal(readBytes(number), undefined);
      assert.equal(readBytes(`${number}`), undefined);
    }),
  );
});

test("a count is a number that is exact", () => {
  assert.equal(readCount(3.9), 3);
  assert.equal(readCount("17"), 17);
  assert.equal(readCount(2 ** 53), undefined);
  assert.equal(readCount(-1), undefined);
});

test("Unix seconds are an instant, as number and as text", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
      const seconds = ms / 1000;
      for (const value of [seconds, `${seconds}`]) {
        assert.deepEqual(readTime(value), { text: `${seconds}`, at: new Date(ms) });
      }
    }),
  );
});

const instants = fc.date({
  min: new Date("1971-01-01T00:00:00Z"),
  max: new Date("2099-12-30T00:00:00Z"),
  noInvalidDate: true,
});
const digits = fc.stringMatching(/^\d{0,3}$/);

test("ISO 8601 with a zone is an instant, without one it is a text only, whatever the zone here", () => {
  const zone = process.env.TZ;
  try {
    fc.assert(
      fc.property(
        instants,
        digits,
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        fc.constantFrom("T", " "),
        fc.constantFrom("UTC", "America/St_Johns", "Asia/Kolkata"),
        (instant, micros, offset, between, here) => {
          process.env.TZ = here;
          const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
          const text = local.replace("T", between) + micros;
          assert.deepEqual(readTime(text), { text, at: undefined });
          const minutes = Math.abs(offset);
          const [hh, mm] = [Math.floor(minutes / 60), minutes % 60].map((each) => `${each}`.padStart(2, "0"));
          const sign = offset < 0 ? "-" : "+";
          for (const suffix of [`${sign}${hh}:${mm}`, `${sign}${hh}${mm}`]) {
            assert.deepEqual(readTime(text + suffix), { text: text + suffix, at: instant });
          }
          const utc = instant.toISOString().replace("T", between);
          assert.deepEqual(readTime(utc), { text: utc, at: instant });
        },
      ),
    );
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test("a day alone is no instant, and what is no time is none", () => {
  assert.deepEqual(readTime("2025-11-01"), { text: "2025-11-01", at: undefined });
  assert.deepEqual(readTime("2025-11-01T12:26"), { text: "2025-11-01T12:26", at: undefined });
  for (const value of [
    -1,
    Number.NaN,
    1e300,
    "9".repeat(20),
    "",
    "soon",
    "2025-13-01T00:00:00Z",
    "2025-11-01T25:00:00",
    "Nov 1 2025",
    null,
    {},
  ]) {
    assert.equal(readTime(value), undefined, String(value));
  }
});

test("JSON keeps the digits of whole numbers that a double cannot hold, and all else as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const unsafe = /(?<![\d.e+-])-?\d{16,}/.test(text);
      if (!unsafe) assert.deepEqual(parseJson(text), JSON.parse(text));
    }),
  );
  assert.deepEqual(parseJson("[9007199254740993, 1e300, 0.5, -9007199254740993]"), [
    9007199254740993n,
    1e300,
    0.5,
    -9007199254740992,
  ]);
  assert.deepEqual(parseJson(`[${"9".repeat(40)}, ${"9".repeat(400)}]`), [10n ** 40n - 1n, Number.POSITIVE_INFINITY]);
  assert.throws(() => parseJson("[1"), SyntaxError);
});
