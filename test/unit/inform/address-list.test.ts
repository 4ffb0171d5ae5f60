import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createAddressList, normalizeAddress } from "../../../src/inform/receive/address-list.ts";

const four = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(BigInt);
// Many zeros, and ffff in every place: ::ffff:0:102:304 is not ::ffff:1.2.3.4.
const sparse = fc
  .array(fc.constantFrom(0n, 0n, 0xffffn, 0x102n), { minLength: 8, maxLength: 8 })
  .map((parts) => parts.reduce<bigint>((value, part) => (value << 16n) | part, 0n));
const six = fc.oneof(sparse, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })).filter((value) => value >> 32n !== 0xffffn); // ::ffff:0:0/96 is IPv4

function text4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}

function text6(value: bigint): string {
  return Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16)).join(
    ":",
  );
}

function sameNetwork(a: bigint, b: bigint, width: number, bits: number): boolean {
  return a >> BigInt(width - bits) === b >> BigInt(width - bits);
}

/** An address that shares some bits with another. */
function near(value: bigint, other: bigint, width: number, shared: number): bigint {
  const mask = (1n << BigInt(width - shared)) - 1n;
  return (value & ~mask) | (other & mask);
}

test("a network holds what shares its first bits: IPv4, mapped in either place too", () => {
  const bits = fc.integer({ min: 0, max: 32 });
  fc.assert(
    fc.property(four, four, bits, bits, (network, random, shared, size) => {
      const asked = near(network, random, 32, shared);
      const expected = sameNetwork(network, asked, 32, size);
      const plain = createAddressList([`${text4(network)}/${size}`]);
      const mapped = createAddressList([`::ffff:${text4(network)}/${size + 96}`]);
      for (const list of [plain, mapped]) {
        assert.equal(list.has(text4(asked)), expected);
        assert.equal(list.has(`::ffff:${text4(asked)}`), expected);
        assert.equal(list.has(text6(asked | (0xffffn << 32n))), expected);
        assert.equal(list.has(`${text4(asked)}.`), false);
      }
    }),
  );
});

test("a network holds what shares its first bits: IPv6", () => {
  const bits = fc.integer({ min: 0, max: 128 });
  fc.assert(
    fc.property(six, six, bits, bits, four, (network, random, shared, size, other) => {
      const asked = near(network, random, 128, shared);
      fc.pre(asked >> 32n !== 0xffffn);
      const list = createAddressList([`${text6(network)}/${size}`]);
      assert.equal(list.has(text6(asked)), sameNetwork(network, asked, 128, size));
      assert.equal(list.has(text4(other)), false);
    }),
  );
});

test("an entry without a size is one address, and lists hold any of theirs", () => {
  const list = createAddressList(["192.0.2.7", "2001:db8::1", "10.0.0.0/8", "fe80::/10"]);
  for (const address of ["192.0.2.7", "::ffff:c000:207", "2001:DB8:0::1", "10.255.0.1", "fe80::1%eth0"]) {
    assert.equal(list.has(address), true, address);
  }
  for (const address of ["192.0.2.8", "2001:db8::2", "11.0.0.1", "::", "", "unknown", "192.0.2.7:80", "0300.0.2.7"]) {
    assert.equal(list.has(address), false, address);
  }
  assert.equal(createAddressList([]).has("127.0.0.1"), false);
  assert.equal(createAddressList(["0.0.0.0/0"]).has("::1"), false);
});

test("entries that are no network are refused", () => {
  for (const entry of [
    "",
    "10.0.0.0/33",
    "::/129",
    "::ffff:10.0.0.0/95",
    "10.0.0.0/",
    "10.0.0/8",
    "host",
    "10.0.0.0/-1",
    "1.2.3.4/8/8",
  ]) {
    assert.throws(() => createAddressList([entry]), { name: "TypeError", message: /not an IP address or network/ });
  }
});

test("addresses have one plain form", () => {
  assert.equal(normalizeAddress("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(normalizeAddress("::ffff:7f00:1"), "127.0.0.1");
  assert.equal(normalizeAddress("::FFFF:0102:a0b"), "1.2.10.11");
  assert.equal(normalizeAddress("2001:0db8:0:0:0:0:0:1"), "2001:db8::1");
  assert.equal(normalizeAddress("fe80::1%eth0"), "fe80::1");
  for (const text of ["::ffff:0:102:304", "::ffff:5", "::ffff", "::102:304", "1::ffff:102:304"]) {
    assert.equal(normalizeAddress(text), text);
  }
  assert.equal(normalizeAddress("localhost"), undefined);
  fc.assert(fc.property(fc.oneof(fc.ipV6(), fc.ipV4()), (text) => normalizeAddress(text) !== undefined));
});
