import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StatName } from "../../src/names/index.ts";
import { formatStatName, parseStatName } from "../../src/names/index.ts";

const pieces = [">>>", ">", "user", "inbound", "outbound", "traffic", "online", "uplink", "downlink", "\ud800", "\0"];
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 2 }))).map((parts) => parts.join("")),
);
const nearlyName = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(">>>"));

const scope = fc.constantFrom("inbound", "outbound", "user");
const direction = fc.constantFrom("uplink", "downlink");
const trafficOrOnline: fc.Arbitrary<StatName> = fc
  .tuple(scope, fc.oneof(anyText, nearlyName), direction, fc.boolean())
  .map(([scope, subject, direction, online]) =>
    online ? { kind: "online", scope: "user", subject } : { kind: "traffic", scope, subject, direction },
  );

test("formatStatName gives back every text that parseStatName read", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, nearlyName), (text) => {
      assert.equal(formatStatName(parseStatName(text)), text);
    }),
    { numRuns: 2000 },
  );
});

test("parseStatName gives back every traffic and online name, whatever the subject", () => {
  fc.assert(
    fc.property(trafficOrOnline, (name) => {
      assert.deepEqual(parseStatName(formatStatName(name)), name);
    }),
    { numRuns: 2000 },
  );
});
