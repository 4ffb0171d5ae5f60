// Whatever a server answers, a schema takes it or refuses it: it never throws, and never gives out half an answer.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import * as v from "valibot";
import * as history from "../../../src/manager/schemas/history-answers.ts";
import * as traffic from "../../../src/manager/schemas/traffic-answers.ts";
import { describeIssue, member } from "../../../src/manager/schemas/views.ts";

const schemas: readonly v.GenericSchema<unknown, unknown>[] = [
  ...Object.values(traffic.listSchemas),
  ...Object.values(traffic.keySchemas),
  traffic.resetSchema,
  traffic.statusSchema,
  traffic.summarySchema,
  ...Object.values(history),
];

const folder = new URL("../../samples/manager/", import.meta.url);
const samples: readonly unknown[] = readdirSync(folder).map((file) =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")),
);

/** Bytes are bigint or missing, times have their text, kinds are known: at every depth. */
function assertSound(value: unknown): void {
  if (value instanceof Map) for (const each of value.values()) assertSound(each);
  else if (Array.isArray(value)) value.forEach(assertSound);
  else if (typeof value === "object" && value !== null && !(value instanceof Date)) {
    for (const [name, each] of Object.entries(value)) {
      assert.notEqual(each, null, name);
      if (/Bytes$/.test(name)) assert.ok(each === undefined || (typeof each === "bigint" && each >= 0n), name);
      if (/At$|^since$|^lastActivity$/.test(name)) assert.ok(each === undefined || typeof each.text === "string", name);
      if (name === "kind") assert.ok(each === "traffic" || each === "failed");
      assertSound(each);
    }
  }
}

function readByAll(input: unknown): void {
  for (const schema of schemas) {
    const read = v.safeParse(schema, input);
    if (read.success) assertSound(read.output);
    else assert.match(describeIssue(read.issues), /./);
  }
}

/** Replaces the nth value of a tree, or leaves it out. */
function damage(tree: unknown, place: number, replacement: { readonly value?: unknown }): unknown {
  let left = place;
  const copy = (value: unknown): { readonly value?: unknown } => {
    if (left-- === 0) return replacement;
    if (Array.isArray(value))
      return { value: value.map(copy).flatMap((each) => ("value" in each ? [each.value] : [])) };
    if (typeof value !== "object" || value === null) return { value };
    const members = Object.entries(value).map(([name, each]) => [name, copy(each)] as const);
    return {
      value: Object.fromEntries(members.flatMap(([name, each]) => ("value" in each ? [[name, each.value]] : []))),
    };
  };
  return copy(tree).value;
}

test("any JSON", () => {
  fc.assert(fc.property(fc.jsonValue(), readByAll));
});

test("every sample with one value replaced or left out", () => {
  const replacements = fc.oneof(
    fc.constant({}),
    fc.record({ value: fc.jsonValue({ maxDepth: 2 }) }),
    fc.record({ value: fc.constantFrom(null, -1, 0.5, 1e308, "", "1", "2025-11-01T00:00:00", [], {}, true) }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.nat(80), replacements, (sample, place, replacement) =>
      readByAll(damage(sample, place, replacement)),
    ),
    { numRuns: 500 },
  );
});

test("the server's own total counts, where it is a number; else the sum", () => {
  const ports = { 1: { total_bytes: 5 }, 2: { total_bytes: 6 } };
  const totals = [99, "99", "1.2 KB", undefined].map((total_bytes) =>
    v.parse(traffic.listSchemas.simple, { data: { ports, total_bytes } }),
  );
  assert.deepEqual(
    totals.map(({ totalBytes }) => totalBytes),
    [99n, 99n, 11n, 11n],
  );
});

test("the numbers' own time counts, then the answer's; an instant before a local time", () => {
  const timeOf = (inner: unknown, outer: unknown): string | undefined =>
    v.parse(traffic.keySchemas.simple, { traffic: { total_bytes: 1, timestamp: inner }, timestamp: outer }).takenAt
      ?.text;
  assert.equal(timeOf(1762000000, 1762000001), "1762000000");
  assert.equal(timeOf(undefined, "2025-11-01T12:26:40"), "2025-11-01T12:26:40");
  assert.equal(timeOf("2025-11-01T12:26:40", "2025-11-01T12:26:40+00:00"), "2025-11-01T12:26:40+00:00");
  assert.equal(timeOf("2025-11-01T12:26:40", "2025-11-01T12:26:41"), "2025-11-01T12:26:40");
  assert.equal(timeOf(undefined, undefined), undefined);
});

test("a member is an object's own", () => {
  assert.equal(v.parse(member("toString", v.unknown()), {}), undefined);
});

test("a refusal says where and what, not what was received", () => {
  const secret = "S3CRET";
  const read = v.safeParse(traffic.listSchemas.simple, { status: "success", data: { ports: secret } });
  assert.ok(!read.success);
  assert.equal(describeIssue(read.issues), "expected an object at data.ports");
  const month = v.safeParse(history.keyMonthlySchema, { data: { year_month: 7, monthly_traffic: { total_bytes: 1 } } });
  assert.ok(!month.success);
  assert.equal(describeIssue(month.issues), "expected string at data.year_month");
  const day = v.safeParse(history.keyHistorySchema, { data: { total_traffic: { total_bytes: secret } } });
  assert.ok(!day.success);
  assert.equal(describeIssue(day.issues), "expected a number of bytes at data.total_traffic.total_bytes");
});
