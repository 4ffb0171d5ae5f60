import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { explainCounter } from "../../../../src/config/explain/explain-counter.ts";
import type { ExplainOptions } from "../../../../src/config/explain/model-of-input.ts";
import { ConfigError } from "../../../../src/errors/config-error.ts";
import { v2rayText } from "./texts.ts";

const xray: ExplainOptions = { core: "xray" };

/** The verdict, and the steps that are in the way. */
function outcome(text: string, name: string, options: ExplainOptions = xray): { verdict: string; wrong: string[] } {
  const { verdict, steps } = explainCounter(text, name, options);
  return { verdict, wrong: steps.flatMap((step) => (step.ok ? [] : step.text)) };
}

const aliceUp = "user>>>alice>>>traffic>>>uplink";
const clients = (...users: object[]): { readonly inbounds: readonly object[] } => ({
  inbounds: [{ tag: "in", protocol: "vmess", port: 1, settings: { clients: users } }],
});

describe("users of V2Ray and Xray", () => {
  test("a user who is counted", () => {
    const text = v2rayText(clients({ email: "alice", level: 1 }), { levels: { 1: { statsUserUplink: true } } });
    const { verdict, summary, steps, advice } = explainCounter(text, aliceUp, xray);
    assert.equal(verdict, "on-first-use");
    assert.equal(summary, "it is there from the first connection on");
    assert.deepEqual(
      steps.slice(0, 4).map(({ ok, text, location }) => [ok, text, location?.path]),
      [
        [true, "stats is there, so the core keeps counters", "stats"],
        [true, 'alice is a user of inbound "in" (vmess)', "inbounds[0].settings.clients[0]"],
        [true, "its level is 1", "inbounds[0].settings.clients[0].level"],
        [true, 'policy.levels["1"] has "statsUserUplink": true', 'policy.levels["1"]'],
      ],
    );
    assert.deepEqual(advice, []);
  });

  test("says where each step stands", () => {
    const text = '{\n  "stats": {},\n  "inbounds": [\n    { "tag": "in",\n      "protocol": "vmess" } ] }';
    const { steps } = explainCounter(text, "inbound>>>in>>>traffic>>>uplink", xray);
    assert.deepEqual(steps[1]?.location, {
      file: "config",
      start: { line: 4, column: 5 },
      end: { line: 4, column: 19 },
      path: "inbounds[0]",
    });
  });

  test("a level without an entry", () => {
    const text = v2rayText(clients({ email: "alice", level: 1 }), { levels: { 0: { statsUserUplink: true } } });
    assert.deepEqual(outcome(text, aliceUp), { verdict: "never", wrong: ["level 1 has no entry in policy.levels"] });
    assert.deepEqual(explainCounter(text, aliceUp, xray).advice, [
      'Add "1" with "statsUserUplink": true to policy.levels, or take level 0.',
    ]);
  });

  test("a level without the flag of this direction", () => {
    const text = v2rayText(clients({ email: "alice" }), { levels: { 0: { statsUserDownlink: true } } });
    assert.deepEqual(outcome(text, aliceUp), {
      verdict: "never",
      wrong: ['policy.levels["0"] does not have "statsUserUplink": true'],
    });
    assert.equal(outcome(text, "user>>>alice>>>traffic>>>downlink").verdict, "on-first-use");
  });

  test("no stats, whatever else is there", () => {
    for (const stats of [undefined, null]) {
      const text = v2rayText({ ...clients({ email: "alice" }), stats });
      assert.deepEqual(outcome(text, aliceUp), {
        verdict: "never",
        wrong: ["there is no stats object, so the core keeps no counters"],
      });
    }
  });

  test("a name that is nobody's", () => {
    const text = v2rayText(clients({ email: "Alice@example.com" }, { email: "alcie" }, { email: "bob" }));
    const wrong = ['no inbound has a user called "alice"'];
    assert.deepEqual(outcome(text, aliceUp), { verdict: "never", wrong });
    assert.deepEqual(explainCounter(text, aliceUp, xray).advice, ['Did you mean "Alice@example.com"? Case counts.']);
    assert.deepEqual(explainCounter(text, "user>>>alic>>>traffic>>>uplink", xray).advice.length, 1);
  });

  test("a user's name that is a tag", () => {
    const { steps } = explainCounter(v2rayText(clients()), "user>>>in>>>traffic>>>uplink", xray);
    assert.ok(steps.some(({ text }) => text === '"in" is an inbound: see inbound>>>in>>>…'));
  });

  test("a name in two inbounds counts where one of them counts", () => {
    const user = { email: "alice", level: 7 };
    const text = v2rayText({
      inbounds: [
        { tag: "a", protocol: "vmess", settings: { clients: [user] } },
        { tag: "b", protocol: "trojan", settings: { clients: [{ ...user, level: 0 }] } },
      ],
    });
    assert.deepEqual(outcome(text, aliceUp), {
      verdict: "on-first-use",
      wrong: ["level 7 has no entry in policy.levels"],
    });
  });

  test("names that stand where nobody is counted", () => {
    const account = { user: "alice", pass: "x" };
    const cases: [object, ExplainOptions["core"], string][] = [
      [
        { protocol: "socks", settings: { accounts: [account] } },
        "v2ray4",
        "the socks inbound asks for no password, so it cannot tell its users apart",
      ],
      [
        { protocol: "wireguard", settings: { peers: [{ email: "alice" }] } },
        "xray",
        "Xray does not count the users of the wireguard inbound, which speaks wireguard",
      ],
      [
        { tag: "h", protocol: "hysteria2", settings: { clients: [{ email: "alice" }] } },
        "v2ray5",
        'V2Ray 5 does not count the users of inbound "h", which speaks hysteria2',
      ],
      [
        { tag: "s", protocol: "shadowsocks", settings: { clients: [{ email: "alice" }] } },
        "v2ray5",
        "V2Ray 5 knows one user of a shadowsocks inbound, by settings.email alone",
      ],
      [
        { tag: "v", protocol: "vmess", settings: { users: [{ email: "alice" }] } },
        "xray",
        'inbound "v" does not read a user alice from here',
      ],
    ];
    for (const [inbound, core, wrong] of cases) {
      const found = outcome(v2rayText({ inbounds: [inbound] }), aliceUp, { core });
      assert.deepEqual(found, { verdict: "never", wrong: ['no inbound has a user called "alice"', wrong] });
    }
  });

  test("an e-mail at an outbound", () => {
    const vnext = [{ address: "x", port: 1, users: [{ email: "alice" }] }];
    const text = v2rayText({ outbounds: [{ tag: "next", protocol: "vmess", settings: { vnext } }] });
    assert.equal(
      outcome(text, aliceUp).wrong[1],
      'outbound "next" logs in as alice, which is counted only where it arrives',
    );
  });

  test("somebody else has the secret", () => {
    const id = "e731f153-4f31-49d3-9e8f-ff8f396135ef";
    const same = id.toUpperCase().replaceAll("-", "");
    const text = v2rayText(
      clients({ email: "alice", id }, { email: "bob", id: same }, { email: "carol", id: "other" }),
    );
    const wrong = ['in inbound "in" all its traffic goes to bob, who has the same secret'];
    assert.deepEqual(outcome(text, aliceUp), { verdict: "never", wrong });
    assert.equal(outcome(text, "user>>>bob>>>traffic>>>uplink").verdict, "on-first-use");
    assert.equal(outcome(text, "user>>>carol>>>traffic>>>uplink").verdict, "on-first-use");
  });

  test("a vmess detour knows users by other names, on V2Ray alone", () => {
    const text = v2rayText({
      inbounds: [
        { tag: "a", protocol: "vmess", settings: { clients: [{ email: "ALICE" }], detour: { to: "b" } } },
        { tag: "b", protocol: "vmess", settings: { default: { level: 3 } } },
      ],
    });
    assert.deepEqual(outcome(text, aliceUp, { core: "v2ray5" }), {
      verdict: "never",
      wrong: ["level 3 has no entry in policy.levels"],
    });
    assert.deepEqual(outcome(text, aliceUp).wrong, ['no inbound has a user called "alice"']);
  });

  test("hysteria loses its users where the inbound is counted, until 26.4.13", () => {
    const inbounds = [{ tag: "h", protocol: "hysteria", settings: { clients: [{ email: "alice", auth: "x" }] } }];
    const counted = v2rayText({ inbounds });
    assert.match(
      outcome(counted, aliceUp).wrong[0] ?? "",
      /^before 26\.4\.13 Xray loses the users of a hysteria inbound/,
    );
    assert.equal(outcome(counted, aliceUp, { core: "xray", version: "26.4.13" }).verdict, "on-first-use");
    const alone = v2rayText({ inbounds }, { levels: { 0: { statsUserUplink: true } } });
    assert.equal(outcome(alone, aliceUp).verdict, "on-first-use");
  });

  test("shadowsocks 2022: an ignored level, and names that change at each start", () => {
    const settings = { method: "2022-blake3-aes-128-gcm", password: "x", email: "alice", level: 4 };
    const one = v2rayText({ inbounds: [{ tag: "s", protocol: "shadowsocks", settings }] });
    const { verdict, steps } = explainCounter(one, aliceUp, xray);
    assert.equal(verdict, "on-first-use");
    assert.ok(steps.some(({ text }) => text === 'Xray ignores the level written in inbound "s" and takes 0'));

    const many = { ...settings, email: undefined, clients: [{ password: "y" }] };
    const unnamed = "user>>>unnamed-user-0-e731f153-4f31-49d3-9e8f-ff8f396135ef>>>traffic>>>uplink";
    const text = v2rayText({ inbounds: [{ tag: "s", protocol: "shadowsocks", settings: many }] });
    assert.equal(outcome(text, unnamed).verdict, "unknown");
    assert.equal(outcome(one, unnamed).verdict, "never");
  });

  test("names that are none for a plain object, of any script", () => {
    for (const email of ["a>>>b", "__proto__", "constructor", "Größe 🙂", " ", "traffic>>>uplink"]) {
      const text = v2rayText(clients({ email }));
      assert.equal(outcome(text, `user>>>${email}>>>traffic>>>uplink`).verdict, "on-first-use", email);
      assert.equal(outcome(v2rayText(clients()), `user>>>${email}>>>traffic>>>uplink`).verdict, "never", email);
    }
    assert.deepEqual(outcome(v2rayText(clients({ email: "" })), "user>>>>>>traffic>>>uplink").wrong, [
      "what has no name is not counted",
    ]);
  });
});

describe("inbounds and outbounds of V2Ray and Xray", () => {
  const text = v2rayText({}, { system: { statsInboundUplink: true } });

  test("from the start, each by its flag", () => {
    assert.deepEqual(outcome(text, "inbound>>>in>>>traffic>>>uplink"), { verdict: "from-start", wrong: [] });
    assert.deepEqual(outcome(text, "inbound>>>in>>>traffic>>>downlink"), {
      verdict: "never",
      wrong: ['policy.system does not have "statsInboundDownlink": true'],
    });
    assert.equal(outcome(text, "outbound>>>direct>>>traffic>>>uplink").verdict, "never");
  });

  test("a tag that is none", () => {
    assert.deepEqual(outcome(text, "inbound>>>IN>>>traffic>>>uplink"), {
      verdict: "never",
      wrong: ['no inbound has the tag "IN"'],
    });
    assert.deepEqual(explainCounter(text, "inbound>>>IN>>>traffic>>>uplink", xray).advice, [
      'Did you mean "in"? Case counts.',
    ]);
  });

  test("outbounds of V2Ray before 4.26", () => {
    const name = "outbound>>>direct>>>traffic>>>uplink";
    assert.equal(outcome(v2rayText({}), name, { core: "v2ray4", version: "4.25.1" }).verdict, "never");
    assert.equal(outcome(v2rayText({}), name, { core: "v2ray4", version: "4.26.0" }).verdict, "from-start");
  });

  test("an outbound whose place the API takes", () => {
    const { verdict, steps } = explainCounter(
      v2rayText({
        outbounds: [
          { tag: "direct", protocol: "freedom" },
          { tag: "api", protocol: "freedom" },
        ],
      }),
      "outbound>>>api>>>traffic>>>uplink",
      { core: "v2ray4" },
    );
    assert.equal(verdict, "from-start");
    assert.ok(steps.some(({ text }) => text.includes("its counters stay at 0")));
  });
});

describe("who is online", () => {
  const text = v2rayText(clients({ email: "alice" }), { levels: { 0: { statsUserOnline: true } } });
  const name = "user>>>alice>>>online";

  test("on Xray from 24.11.5 on", () => {
    assert.equal(outcome(text, name).verdict, "on-first-use");
    assert.equal(outcome(text, name, { core: "xray", version: "24.11.4" }).verdict, "never");
    assert.deepEqual(outcome(v2rayText(clients({ email: "alice" })), name).wrong, [
      'policy.levels["0"] does not have "statsUserOnline": true',
    ]);
  });

  test("nowhere else", () => {
    for (const core of ["v2ray4", "v2ray5", "sing-box"] as const) {
      assert.match(outcome(text, name, { core }).wrong[0] ?? "", /only Xray does$/);
    }
  });
});

describe("what is asked wrongly", () => {
  test("a name that no core gives", () => {
    for (const name of ["", "alice", "user>>>alice>>>traffic>>>Uplink", "USER>>>alice>>>traffic>>>uplink"]) {
      const { verdict, wrong } = outcome(v2rayText({}), name);
      assert.equal(verdict, "never");
      assert.match(wrong[0] ?? "", /is no counter's name/);
    }
  });

  test("arguments that are none", () => {
    assert.throws(() => explainCounter("{}", 5 as never, xray), TypeError);
    assert.throws(() => explainCounter(5 as never, aliceUp, xray), TypeError);
    assert.throws(() => explainCounter("{}", aliceUp, { core: "xray", version: "new" }), RangeError);
  });

  test("a configuration that cannot be read", () => {
    assert.throws(() => explainCounter('{ "stats": ', aliceUp, xray), ConfigError);
  });
});
