import assert from "node:assert/strict";
import { test } from "node:test";
import { expectTypeOf } from "expect-type";
import type { Direction, Scope, StatName, TrafficName } from "../../../src/names/index.ts";
import { formatStatName, parseStatName } from "../../../src/names/index.ts";

test("formatStatName writes each kind of name, typed as its text", () => {
  const traffic = formatStatName({ kind: "traffic", scope: "inbound", subject: "a>>>b", direction: "uplink" });
  expectTypeOf(traffic).toEqualTypeOf<"inbound>>>a>>>b>>>traffic>>>uplink">();
  assert.equal(traffic, "inbound>>>a>>>b>>>traffic>>>uplink");

  const online = formatStatName({ kind: "online", scope: "user", subject: "alice@tcp" });
  expectTypeOf(online).toEqualTypeOf<"user>>>alice@tcp>>>online">();
  assert.equal(online, "user>>>alice@tcp>>>online");

  const other = formatStatName({ kind: "other", name: "x" });
  expectTypeOf(other).toEqualTypeOf<"x">();
  assert.equal(other, "x");
});

test("formatStatName of parts known only when run is typed as far as they are known", () => {
  const name = { kind: "traffic", scope: "user", subject: "alice", direction: "uplink" } as TrafficName;
  const text = formatStatName(name);
  expectTypeOf(text).toEqualTypeOf<`${Scope}>>>${string}>>>traffic>>>${Direction}`>();
  assert.equal(text, "user>>>alice>>>traffic>>>uplink");
  expectTypeOf(formatStatName(name as StatName)).toEqualTypeOf<string>();
});

test("formatStatName and parseStatName are each other's reverse in the types too", () => {
  const text = formatStatName(parseStatName("user>>>a>>>traffic>>>uplink>>>online"));
  expectTypeOf(text).toEqualTypeOf<"user>>>a>>>traffic>>>uplink>>>online">();
  assert.equal(text, "user>>>a>>>traffic>>>uplink>>>online");
});

test("formatStatName takes no scope or direction of its own making", () => {
  // @ts-expect-error: no such direction
  formatStatName({ kind: "traffic", scope: "user", subject: "a", direction: "up" });
  // @ts-expect-error: only users are online
  formatStatName({ kind: "online", scope: "inbound", subject: "a" });
});
