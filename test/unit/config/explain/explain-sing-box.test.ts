import assert from "node:assert/strict";
import { test } from "node:test";
import { explainCounter } from "../../../../src/config/explain/explain-counter.ts";
import { singBoxText } from "./texts.ts";

/** The verdict, and the steps that are in the way. */
function outcome(text: string, name: string): { verdict: string; wrong: string[] } {
  const { verdict, steps } = explainCounter(text, name, { core: "sing-box" });
  return { verdict, wrong: steps.flatMap((step) => (step.ok ? [] : step.text)) };
}

const aliceUp = "user>>>alice>>>traffic>>>uplink";
const inbounds = [{ type: "vmess", tag: "in", users: [{ name: "alice", uuid: "a" }] }];

test("a listed user", () => {
  assert.deepEqual(outcome(singBoxText({ inbounds }, { users: ["alice"] }), aliceUp), {
    verdict: "on-first-use",
    wrong: [],
  });
});

test("a user who is not listed, or in other letters", () => {
  const path = "experimental.v2ray_api.stats.users";
  assert.deepEqual(outcome(singBoxText({ inbounds }, { users: ["bob"] }), aliceUp), {
    verdict: "never",
    wrong: [`${path} does not list "alice"`],
  });
  assert.deepEqual(outcome(singBoxText({ inbounds }, { users: ["Alice "] }), aliceUp).wrong, [
    `${path} does not list "alice", but "Alice "; every letter counts`,
  ]);
});

test("a name that is listed in vain", () => {
  const text = singBoxText({ inbounds: [{ type: "socks", tag: "in" }] }, { users: ["alice"], inbounds: ["out"] });
  assert.deepEqual(outcome(text, aliceUp).wrong, ['no inbound has a user called "alice"']);
  assert.deepEqual(outcome(text, "inbound>>>out>>>traffic>>>uplink").wrong, ['no inbound has the tag "out"']);
});

test("no API, or statistics that are not enabled", () => {
  const counted = JSON.parse(singBoxText({ inbounds }, { users: ["alice"] }));
  const { v2ray_api: api } = counted.experimental;
  const without = (change: object): string =>
    JSON.stringify({ ...counted, experimental: { v2ray_api: { ...api, ...change } } });
  assert.equal(outcome(without({ listen: undefined }), aliceUp).verdict, "never");
  assert.equal(outcome(without({ listen: "" }), aliceUp).verdict, "never");
  assert.equal(outcome(without({ stats: { ...api.stats, enabled: false } }), aliceUp).verdict, "never");
  assert.equal(outcome(JSON.stringify({ inbounds }), aliceUp).verdict, "never");
});

test("users of a managed inbound come and go", () => {
  const managed = [{ type: "shadowsocks", tag: "ss", managed: true }];
  assert.equal(outcome(singBoxText({ inbounds: managed }, { users: ["alice"] }), aliceUp).verdict, "unknown");
  assert.equal(outcome(singBoxText({ inbounds: managed }, { users: [] }), aliceUp).verdict, "never");
});

test("what has no tag is called by its number", () => {
  const text = singBoxText({ inbounds: [{ type: "socks" }, { type: "http" }] }, { inbounds: ["1"] });
  assert.equal(outcome(text, "inbound>>>1>>>traffic>>>uplink").verdict, "on-first-use");
  assert.equal(outcome(text, "inbound>>>0>>>traffic>>>uplink").verdict, "never");
});

test("an inbound with a detour is never the one that counts", () => {
  const text = singBoxText(
    { inbounds: [{ type: "direct", tag: "door", detour: "in" }, ...inbounds] },
    { inbounds: ["door", "in"] },
  );
  assert.match(outcome(text, "inbound>>>door>>>traffic>>>uplink").wrong[0] ?? "", /goes on to inbound "in"/);
  assert.equal(outcome(text, "inbound>>>in>>>traffic>>>uplink").verdict, "on-first-use");
});

test("outbounds count where the route leads, not where a group or a detour does", () => {
  const text = singBoxText(
    {
      outbounds: [
        { type: "direct", tag: "first" },
        { type: "direct", tag: "member" },
        { type: "urltest", tag: "group", outbounds: ["member"] },
        { type: "direct", tag: "dialled" },
        { type: "socks", tag: "ruled", detour: "dialled" },
        { type: "direct", tag: "idle" },
      ],
      route: { rules: [{ type: "logical", rules: [], outbound: "ruled" }], final: "group" },
    },
    { outbounds: ["first", "member", "group", "dialled", "ruled", "idle"] },
  );
  const verdictOf = (tag: string): string => outcome(text, `outbound>>>${tag}>>>traffic>>>uplink`).verdict;
  assert.deepEqual(["group", "ruled"].map(verdictOf), ["on-first-use", "on-first-use"]);
  assert.deepEqual(["first", "member", "dialled", "idle"].map(verdictOf), ["never", "never", "never", "never"]);
  const { advice } = explainCounter(text, "outbound>>>member>>>traffic>>>uplink", { core: "sing-box" });
  assert.deepEqual(advice, ["Read outbound>>>group>>>… instead."]);
});

test("sing-box makes an outbound where there is none", () => {
  const name = "outbound>>>direct>>>traffic>>>uplink";
  assert.equal(outcome(singBoxText({ outbounds: [] }, { outbounds: ["direct"] }), name).verdict, "on-first-use");
  const elsewhere = singBoxText({ outbounds: [{ type: "direct", tag: "x" }] }, { outbounds: ["direct"] });
  assert.equal(outcome(elsewhere, name).verdict, "never");
});
