import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { expectedCounters, explainCounter } from "../../../../src/config/explain/explain-counter.ts";
import { singBoxText, v2rayText } from "./texts.ts";

test("inbounds, outbounds, users, each counter once", () => {
  const clients = [{ email: "alice" }, { email: "bob", level: 1 }, {}];
  const text = v2rayText(
    {
      inbounds: [
        { tag: "a", protocol: "vmess", settings: { clients } },
        { protocol: "trojan", settings: { clients: [{ email: "alice" }] } },
      ],
    },
    { levels: { 0: { statsUserUplink: true } }, system: { statsInboundDownlink: true, statsOutboundUplink: true } },
  );
  assert.deepEqual(expectedCounters(text, { core: "v2ray5" }), [
    { name: "inbound>>>a>>>traffic>>>downlink", when: "from-start" },
    { name: "inbound>>>api-in>>>traffic>>>downlink", when: "from-start" },
    { name: "outbound>>>direct>>>traffic>>>uplink", when: "from-start" },
    { name: "user>>>alice>>>traffic>>>uplink", when: "on-first-use" },
  ]);
});

test("sing-box: what is listed and there", () => {
  const inbounds = [{ type: "vmess", tag: "in", users: [{ name: "alice" }, { name: "bob" }] }];
  const text = singBoxText({ inbounds }, { inbounds: ["in", "gone"], users: ["alice", "carol"] });
  assert.deepEqual(
    expectedCounters(text, { core: "sing-box" }).map(({ name, when }) => `${when} ${name}`),
    ["inbound>>>in", "user>>>alice"].flatMap((subject) =>
      ["uplink", "downlink"].map((direction) => `on-first-use ${subject}>>>traffic>>>${direction}`),
    ),
  );
});

test("none where the configuration is empty", () => {
  for (const core of ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray", "sing-box"] as const)
    assert.deepEqual(expectedCounters("{}", { core }), []);
});

// The first question of an explanation is answered by a look at everybody, the others by an index.
test("what is listed is what is explained, counter by counter", () => {
  const name = fc.constantFrom("a", "A", "b", "a>>>b", "__proto__", "");
  const user = fc.record({
    email: name,
    id: fc.constantFrom("e731f153-4f31-49d3-9e8f-ff8f396135ef", "E731F1534F3149D39E8FFF8F396135EF", "x", "y"),
    password: fc.constantFrom("p", "q"),
    level: fc.constantFrom(0, 1, 2),
  });
  const inbound = fc.record({
    tag: fc.constantFrom("in", "b", "", undefined),
    protocol: fc.constantFrom("vmess", "vless", "trojan", "shadowsocks", "socks"),
    settings: fc.record({ clients: fc.array(user, { maxLength: 4 }), detour: fc.constantFrom(undefined, { to: "b" }) }),
  });
  const flags = fc.record({ statsUserUplink: fc.boolean(), statsUserDownlink: fc.boolean() });
  const text = fc
    .tuple(fc.array(inbound, { maxLength: 3 }), fc.dictionary(fc.constantFrom("0", "1"), flags))
    .map(([inbounds, levels]) => v2rayText({ inbounds }, { levels, system: { statsInboundUplink: true } }));
  fc.assert(
    fc.property(text, fc.constantFrom("v2ray4", "v2ray5", "xray"), (config, core) => {
      const listed = new Map(expectedCounters(config, { core }).map(({ name, when }) => [name, when]));
      for (const subject of ["user>>>a", "user>>>A", "user>>>b", "user>>>a>>>b", "user>>>__proto__", "inbound>>>in"]) {
        for (const direction of ["uplink", "downlink"]) {
          const counter = `${subject}>>>traffic>>>${direction}`;
          assert.equal(explainCounter(config, counter, { core }).verdict, listed.get(counter) ?? "never", counter);
        }
      }
    }),
  );
});
