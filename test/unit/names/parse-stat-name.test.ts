import assert from "node:assert/strict";
import { test } from "node:test";
import { expectTypeOf } from "expect-type";
import type { OnlineName, OtherName, Scope, StatName, TrafficName, TrafficNameText } from "../../../src/names/index.ts";
import { parseStatName } from "../../../src/names/index.ts";

test("parseStatName cuts the scope in front and kind and direction at the end", () => {
  const name = parseStatName("inbound>>>ws>>>traffic>>>uplink");
  expectTypeOf(name).toEqualTypeOf<TrafficName<"inbound", "ws", "uplink">>();
  assert.deepEqual(name, { kind: "traffic", scope: "inbound", subject: "ws", direction: "uplink" });
});

test("parseStatName keeps `>>>` in a subject, in the value and in the type", () => {
  const inner = parseStatName("outbound>>>dir>>>ect>>>traffic>>>downlink");
  expectTypeOf(inner).toEqualTypeOf<TrafficName<"outbound", "dir>>>ect", "downlink">>();
  assert.equal(inner.subject, "dir>>>ect");

  const nested = parseStatName("user>>>a>>>traffic>>>uplink>>>traffic>>>uplink");
  expectTypeOf(nested).toEqualTypeOf<TrafficName<"user", "a>>>traffic>>>uplink", "uplink">>();
  assert.equal(nested.subject, "a>>>traffic>>>uplink");

  const edge = parseStatName("user>>>Zoë <z@x>>>>traffic>>>uplink");
  expectTypeOf(edge.direction).toEqualTypeOf<"uplink">();
  assert.equal(edge.subject, "Zoë <z@x>");
});

test("parseStatName reads Xray's map of a user's addresses", () => {
  const name = parseStatName("user>>>alice@tcp>>>online");
  expectTypeOf(name).toEqualTypeOf<OnlineName<"alice@tcp">>();
  assert.deepEqual(name, { kind: "online", scope: "user", subject: "alice@tcp" });
  assert.equal(parseStatName("user>>>a>>>traffic>>>uplink>>>online").kind, "online");
});

test("parseStatName takes an empty subject, but not one that is missing", () => {
  assert.equal(parseStatName("user>>>>>>traffic>>>uplink").subject, "");
  assert.equal(parseStatName("user>>>>>>online").subject, "");
  for (const text of ["user>>>traffic>>>uplink", "user>>>>traffic>>>uplink", "user>>>online", "user>>>>online"]) {
    assert.deepEqual(parseStatName(text), { kind: "other", name: text });
  }
});

test("parseStatName gives back whole what is neither", () => {
  const name = parseStatName("router>>>a>>>traffic>>>uplink");
  expectTypeOf(name).toEqualTypeOf<OtherName<"router>>>a>>>traffic>>>uplink">>();
  for (const text of [
    "",
    ">>>",
    "user",
    "User>>>a>>>traffic>>>uplink",
    "user>>>a>>>traffic>>>Uplink",
    "user>>>a>>>bytes>>>uplink",
    "user>>>a>>>traffic>>>uplink ",
    "inbound>>>a>>>online",
    "__proto__>>>a>>>traffic>>>uplink",
  ]) {
    assert.deepEqual(parseStatName(text), { kind: "other", name: text });
  }
});

test("the type of parseStatName is never narrower than what may come", () => {
  expectTypeOf(parseStatName("user>>>a" as string)).toEqualTypeOf<StatName>();

  const rest = "alice>>>traffic>>>uplink" as string;
  const loose = parseStatName(`user>>>${rest}`);
  expectTypeOf(loose).toEqualTypeOf<StatName>();
  assert.equal(loose.kind, "traffic");
  expectTypeOf(parseStatName(`${rest}>>>b>>>traffic>>>uplink`)).toEqualTypeOf<StatName>();

  const full = parseStatName(`user>>>${rest}>>>traffic>>>downlink`);
  expectTypeOf(full).toEqualTypeOf<TrafficName<"user", string, "downlink">>();
  assert.equal(full.subject, rest);
});

test("the type of parseStatName takes a union apart", () => {
  const text = "user>>>a>>>online" as "user>>>a>>>online" | "x";
  expectTypeOf(parseStatName(text)).toEqualTypeOf<OnlineName<"a"> | OtherName<"x">>();
  const traffic = "inbound>>>a>>>traffic>>>uplink" as TrafficNameText;
  expectTypeOf(parseStatName(traffic).kind).toEqualTypeOf<"traffic">();
  expectTypeOf(parseStatName(traffic).scope).toEqualTypeOf<Scope>();
});
