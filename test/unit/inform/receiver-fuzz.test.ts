import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quarterOf } from "../../../src/ledger/quarter.ts";
import {
  bentJson,
  bodies,
  goodKey,
  newReceiver,
  now,
  packings,
  proofs,
  rowsIn,
  tornBytes,
} from "../../support/receiver-fuzz.ts";

// What may be booked is said here once more, without any of the receiver's code.

const route = fc.constantFrom("inform", "inform/3x-ui");
const mostPlausible = 1_250_000_000n * 900n;
const day = 96;

/** The rows that a body may bring; of two of one counter and quarter either, since the greater may be left out. */
function rowsThatMayCome(text: string): Set<string> {
  const rows = new Set<string>();
  for (const node of itemsOf(parsed(text)?.changes?.nodes))
    for (const { quarter, counters, bytes } of itemsOf(node?.usage))
      for (const [at, index] of itemsOf(counters).entries()) {
        const named = itemsOf(node.counters)[index];
        const counter = typeof named === "string" ? { source: "core", name: named, generation: 0 } : named;
        const value = itemsOf(bytes)[at];
        if (node.node !== "a" || typeof value !== "string" || !/^\d{1,30}$/.test(value)) continue;
        if (typeof counter?.name !== "string" || typeof counter.source !== "string") continue;
        if (!(quarter >= 0 && quarter <= quarterOf(now) + day) || BigInt(value) > mostPlausible) continue;
        const { source, name, generation } = counter;
        rows.add(JSON.stringify(["a", source, name, generation, quarter, `${BigInt(value)}`]));
      }
  return rows;
}

// biome-ignore lint/suspicious/noExplicitAny: it is whatever came.
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: it is whatever came.
function itemsOf(json: any): any[] {
  return Array.isArray(json) ? json.map((item) => item ?? {}) : [];
}

/** The most that a body of 3x-ui can bring: all whole numbers in it. */
function sumOfNumbers(json: unknown): bigint {
  if (typeof json === "number") return Number.isSafeInteger(json) && json > 0 ? BigInt(json) : 0n;
  if (typeof json !== "object" || json === null) return 0n;
  return Object.values(json).reduce((sum: bigint, child) => sum + sumOfNumbers(child), 0n);
}

function requestOf(to: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Request {
  return new Request(`http://hub/any/v1/${to}?node=a`, { method: "POST", body: Buffer.from(body), headers });
}

const json = { "content-type": "application/json" };
const byKey = { ...json, authorization: `Bearer ${goodKey}` };

test("of bodies that are bent, torn or made up the receiver books what is right in them, or nothing", async () => {
  const right = { inform: 0, "inform/3x-ui": 0 };
  const body = route.chain((to) => {
    const bent = bentJson(bodies[to]).map((text) => Buffer.from(text));
    return fc.tuple(fc.constant(to), fc.oneof(bent, bent, tornBytes(bodies[to]), fc.uint8Array({ maxLength: 200 })));
  });
  await fc.assert(
    fc.asyncProperty(body, fc.boolean(), async ([to, bytes], other) => {
      // Now and then to the other route.
      const route = other && bytes.length % 5 === 0 ? "inform" : to;
      const receiver = newReceiver();
      const { status, body: answer } = await receiver.answer(requestOf(route, bytes, byKey));
      const rows = await rowsIn(receiver.ledger);
      const text = Buffer.from(bytes).toString();
      if (status !== 200) assert.ok([400, 403, 409, 422].includes(status), `${status}`);
      else right[route]++;
      if (status === 400 || status === 422) assert.deepEqual(rows, []);
      const usage = rows.filter((row) => row.startsWith("["));
      if (route === "inform") {
        const expected = rowsThatMayCome(text);
        for (const row of usage) assert.ok(expected.has(row), `${row} of ${text}`);
        for (const row of rows) assert.ok(row.startsWith("[") || /^a (gap|late|generation|aside)$/.test(row), row);
        if (status !== 200) return;
        const { nodes } = JSON.parse(answer);
        const told = nodes.reduce((sum: number, node: { rows: number }) => sum + node.rows, 0);
        // A node that stands there twice can raise a row twice.
        if (nodes.length > 1) assert.ok(usage.length <= told);
        else assert.equal(usage.length, told, "the answer tells what was booked");
      } else {
        const sum = usage.reduce((total, row) => total + BigInt(JSON.parse(row)[5]), 0n);
        assert.ok(sum <= sumOfNumbers(parsed(text)));
        for (const row of rows) assert.deepEqual(JSON.parse(row).slice(0, 2), ["a", "3x-ui"]);
        if (status === 200) assert.equal(JSON.parse(answer).bytes, `${sum}`);
      }
    }),
    { numRuns: 1500 },
  );
  for (const [to, count] of Object.entries(right)) assert.ok(count > 50, `${to}: ${count} were taken`);
});

test("a body is booked where its sender, its type and its packing are right, and else nothing is", async () => {
  const types = fc.constantFrom(
    ...([
      ["application/json", true],
      ["Application/JSON ; charset=UTF-8", true],
      ["application/jsonp", false],
      ["text/plain", false],
      ["application/json, text/plain", false],
      [undefined, false],
    ] as const),
  );
  const lengths = fc.constantFrom(
    ...([
      [(length: number) => `${length}`, true],
      [() => undefined, true],
      [(length: number) => `${length + 1}`, false],
      [() => "100001", false],
      [() => "9".repeat(400), false],
    ] as const),
  );
  const pick = <Of extends object>(all: Of): fc.Arbitrary<Of[keyof Of]> => fc.constantFrom(...Object.values(all));
  const mostlyGood = <Item>(one: fc.Arbitrary<Item>, good: Item): fc.Arbitrary<Item> =>
    fc.oneof({ weight: 2, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: one });
  const seen = { booked: 0, refused: 0 };
  const request = fc.record({
    to: route,
    prove: fc.oneof(pick(proofs), fc.constant(proofs.key as (typeof proofs)[string])),
    packing: mostlyGood(pick(packings), packings.plain as (typeof packings)[string]),
    type: mostlyGood(types, ["application/json", true]),
    length: mostlyGood(lengths, [() => undefined, true]),
  });
  await fc.assert(
    fc.asyncProperty(
      request,
      async ({ to, prove, packing, type: [type, typeFits], length: [lengthOf, lengthFits] }) => {
        const receiver = newReceiver();
        const sent = packing.pack(Buffer.from(bodies[to]));
        const proof = prove(sent);
        const length = lengthOf(sent.length);
        const { status } = await receiver.answer(
          requestOf(to, sent, {
            ...proof.headers,
            // Without one `Request` would add its own.
            "content-type": type ?? "",
            ...(packing.encoding !== undefined && { "content-encoding": packing.encoding }),
            ...(length !== undefined && { "content-length": length }),
          }),
        );
        const rows = await rowsIn(receiver.ledger);
        if (proof.good && packing.good && typeFits && lengthFits) {
          seen.booked++;
          assert.equal(status, 200);
          assert.equal(rows.filter((row) => row.startsWith("[")).length, to === "inform" ? 2 : 8);
        } else {
          seen.refused++;
          assert.ok([400, 401, 403, 413, 415].includes(status), `${status}`);
          assert.deepEqual(rows, []);
        }
      },
    ),
    { numRuns: 1200 },
  );
  assert.ok(seen.booked > 60 && seen.refused > 300, JSON.stringify(seen));
});
