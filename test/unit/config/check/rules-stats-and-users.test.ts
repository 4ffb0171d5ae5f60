// What the cases of the rules do not show: grouping, what edits leave alone, and what is no fault.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report, Rule } from "../../../../src/config/check/rule.ts";
import {
  levelFlagMissing,
  levelOneDirection,
  policyMissing,
  systemFlagMissing,
} from "../../../../src/config/check/rules/policy.ts";
import { policyUnknownKey } from "../../../../src/config/check/rules/policy-keys.ts";
import { portCollision } from "../../../../src/config/check/rules/ports.ts";
import { statsBlockMissing } from "../../../../src/config/check/rules/stats.ts";
import {
  inboundWithoutTag,
  outboundTagDuplicate,
  outboundWithoutTag,
} from "../../../../src/config/check/rules/tags.ts";
import { userWithoutEmail } from "../../../../src/config/check/rules/users.ts";
import { levelWrongType, userLevelUncovered } from "../../../../src/config/check/rules/users-levels.ts";
import {
  userEmailDuplicate,
  userEmailMerged,
  userEmailSeparator,
} from "../../../../src/config/check/rules/users-names.ts";
import { userIdDuplicate } from "../../../../src/config/check/rules/users-secrets.ts";
import { ConfigEditor } from "../../../../src/config/edit/config-editor.ts";
import { applyEdits } from "../../../../src/config/edit/text-edit.ts";
import { parseConfig } from "../../../../src/config/load/parse-config.ts";
import { readModel } from "../../../../src/config/model/read-model.ts";
import type { ConfigTarget } from "../../../../src/config/target.ts";

const userFlags = { statsUserUplink: true, statsUserDownlink: true };
const system = {
  statsInboundUplink: true,
  statsInboundDownlink: true,
  statsOutboundUplink: true,
  statsOutboundDownlink: true,
};
const policy = { levels: { 0: userFlags }, system };

function vmess(tag: string, port: number, clients: readonly object[]): object {
  return { tag, port, protocol: "vmess", settings: { clients } };
}

interface Checked {
  readonly reports: readonly Report[];
  readonly messages: readonly string[];
  /** The configuration after all edits. */
  readonly mended: Record<string, unknown>;
}

function check(rule: Rule, config: object, target: ConfigTarget = "xray", version?: string): Checked {
  const text = JSON.stringify(config, null, 2);
  const model = readModel(target, parseConfig(text), version);
  const reports: Report[] = [];
  rule.check(model, (report) => reports.push(report));
  const editor = new ConfigEditor();
  for (const { edit } of reports) edit?.(editor);
  const [edits = []] = editor.edits().values();
  return { reports, messages: reports.map(({ message }) => message), mended: JSON.parse(applyEdits(text, edits)) };
}

test("50,000 users of one fault are one finding, with their number and the first names", () => {
  const clients = Array.from({ length: 50_000 }, (_, index) => ({
    id: `id-${index}`,
    email: `user-${index}`,
    level: 1,
  }));
  const { messages, mended } = check(userLevelUncovered, { policy, inbounds: [vmess("in", 1, clients)] });
  const who = '50000 users (user-0, user-1, user-2 and 49997 more) of inbound "in"';
  assert.deepEqual(messages, [`${who} have level 1, which policy.levels does not cover`]);
  assert.deepEqual(mended.policy, { ...policy, levels: { 0: userFlags, 1: userFlags } });
  const nameless = clients.map(({ id }) => ({ id }));
  const withoutEmail = check(userWithoutEmail, { stats: {}, inbounds: [vmess("in", 1, nameless)] });
  assert.deepEqual(withoutEmail.messages, ['50000 users of inbound "in" have no email']);
});

test("users that a panel puts into several inbounds are one finding", () => {
  const clients = ["__proto__", "constructor", "b c"].map((email) => ({ id: email, email }));
  const { messages } = check(userEmailMerged, { inbounds: [vmess("a", 1, clients), vmess("b", 2, clients)] });
  assert.deepEqual(messages, [
    '3 users (__proto__, constructor and "b c") are in inbound "a" and inbound "b", with one counter for all',
  ]);
});

test("a name three times in one inbound is one finding", () => {
  const clients = ["a", "A", "a"].map((email, index) => ({ id: `id-${index}`, email }));
  const { messages } = check(userEmailDuplicate, { inbounds: [vmess("in", 1, clients)] });
  assert.deepEqual(messages, ['3 users of inbound "in" are called a (also written A)']);
});

test("ids are the same in other spellings, other texts only as they are", () => {
  const id = "e731f153-4f31-49d3-9e8f-ff8f396135ef";
  const spellings = [id, id.toUpperCase(), id.replaceAll("-", "")];
  for (const target of ["v2ray4", "v2ray5", "xray"] as const) {
    const inbounds = [
      vmess(
        "in",
        1,
        spellings.map((each, index) => ({ id: each, email: `${index}` })),
      ),
    ];
    assert.deepEqual(check(userIdDuplicate, { inbounds }, target).messages, [
      '3 users of inbound "in" have the same id: 0, 1 and 2',
    ]);
  }
  const words = [{ id: "word" }, { id: "Word" }, { id: "" }, { id: "" }, {}];
  assert.deepEqual(check(userIdDuplicate, { inbounds: [vmess("in", 1, words)] }).messages, []);
});

test("V2Ray 5 takes 0.0 for a level", () => {
  const text = '{ "inbounds": [{ "protocol": "vmess", "settings": { "clients": [{ "level": 0.0 }] } }] }';
  const firing = (["v2ray4", "v2ray5", "xray"] as const).filter((target) => {
    let fired = false;
    levelWrongType.check(readModel(target, parseConfig(text)), () => {
      fired = true;
    });
    return fired;
  });
  assert.deepEqual(firing, ["v2ray4", "xray"]);
});

test("a policy is made for every level that users have", () => {
  const inbounds = [vmess("in", 1, [{ email: "a" }, { email: "b", level: 3 }, { level: 9 }])];
  const { mended } = check(policyMissing, { stats: {}, inbounds });
  assert.deepEqual(mended.policy, { levels: { 0: userFlags, 3: userFlags }, system });
  const flagless = check(levelFlagMissing, { stats: {}, policy: { system }, inbounds });
  assert.deepEqual(flagless.mended.policy, { levels: { 0: userFlags, 3: userFlags }, system });
});

test("what is off on purpose is reported, and no edit switches it on", () => {
  const off = { ...system, statsOutboundUplink: false, statsInboundUplink: undefined };
  const { messages, mended } = check(systemFlagMissing, {
    stats: {},
    policy: { levels: { 0: userFlags }, system: off },
  });
  assert.deepEqual(messages, ["the policy does not switch on statsInboundUplink, statsOutboundUplink"]);
  assert.deepEqual((mended.policy as { system: object }).system, { ...system, statsOutboundUplink: false });
  const oneWay = { policy: { levels: { 0: { ...userFlags, statsUserUplink: false } } } };
  const { reports } = check(levelOneDirection, oneWay);
  assert.deepEqual(
    reports.map(({ edit }) => edit),
    [undefined],
  );
});

test("an Xray that loses hysteria users is not told to count inbounds", () => {
  const inbounds = [{ tag: "h", port: 1, protocol: "hysteria", settings: { clients: [{ email: "a", auth: "x" }] } }];
  const { statsOutboundUplink, statsOutboundDownlink } = system;
  const config = {
    policy: { levels: { 0: userFlags }, system: { statsOutboundUplink, statsOutboundDownlink } },
    inbounds,
  };
  assert.equal(check(systemFlagMissing, config, "xray", "26.3.27").messages.length, 0);
  assert.equal(check(systemFlagMissing, config, "xray", "26.4.13").messages.length, 1);
});

test("a configuration without anything of statistics is let alone", () => {
  const config = { inbounds: [vmess("in", 1, [{ id: "a" }])], outbounds: [{ protocol: "freedom" }] };
  for (const rule of [statsBlockMissing, policyMissing, systemFlagMissing, userWithoutEmail, outboundWithoutTag])
    assert.deepEqual(check(rule, config).messages, [], rule.id);
});

test("remarks among the keys of a policy are no fault", () => {
  const remarks = { _comment: "no", "//": "no", "#x": 1, $schema: "x", handshake: 4, BufferSize: 1 };
  const { messages } = check(policyUnknownKey, { policy: { ...remarks, levels: { 0: { ...remarks } } } });
  assert.deepEqual(messages, ['the policy has no "handshake"', 'the policy has no "BufferSize"']);
});

test("a new tag is none that anything has, mentions or selects", () => {
  const bare = { protocol: "freedom" };
  const rules = [{ type: "field", inboundTag: ["vmess-in"], outboundTag: "direct-2" }];
  const config = {
    policy,
    inbounds: [1, 2].map((port) => ({ port, protocol: "vmess" })),
    outbounds: [{ ...bare, tag: "direct" }, bare, { ...bare, tag: "" }],
    routing: { rules },
  };
  const tagsOf = (list: unknown): unknown[] => (list as { tag?: string }[]).map(({ tag }) => tag);
  assert.deepEqual(tagsOf(check(inboundWithoutTag, config).mended.inbounds), ["vmess-in-2", "vmess-in-3"]);
  assert.deepEqual(tagsOf(check(outboundWithoutTag, config).mended.outbounds), ["direct", "direct-3", "direct-4"]);
  const selecting = { ...config, routing: { rules, balancers: [{ tag: "b", selector: ["dir"] }] } };
  assert.deepEqual(
    check(outboundWithoutTag, selecting).reports.map(({ edit }) => edit),
    [undefined, undefined],
  );
});

test("V2Ray 5 merges one tag of two files on purpose", () => {
  const files = ["a", "b"].map((name) => ({
    name: `${name}.json`,
    text: JSON.stringify({ outbounds: [{ tag: "x", protocol: "freedom" }] }),
  }));
  const messages: string[] = [];
  outboundTagDuplicate.check(readModel("v2ray5", parseConfig(files)), ({ message }) => messages.push(message));
  assert.deepEqual(messages, []);
});

test("one port for TCP and UDP, or on two addresses, is no collision; ranges are looked into", () => {
  const on = (tag: string, port: number | string, rest: object = {}): object => ({
    tag,
    port,
    protocol: "vmess",
    ...rest,
  });
  const collisions = (...inbounds: object[]): readonly string[] => check(portCollision, { inbounds }).messages;
  assert.deepEqual(collisions(on("a", 443), on("b", 443, { protocol: "hysteria" })), []);
  assert.deepEqual(collisions(on("a", 443), on("b", 443, { streamSettings: { network: "kcp" } })), []);
  assert.deepEqual(collisions(on("a", 1, { listen: "127.0.0.1" }), on("b", 1, { listen: "127.0.0.2" })), []);
  assert.deepEqual(collisions(on("a", 1, { listen: "/a" }), on("b", 1)), []);
  assert.deepEqual(collisions(on("a", "10-20,40"), on("b", "21-39")), []);
  assert.deepEqual(collisions(on("a", "10-20"), on("b", 15, { listen: "::1" })), [
    'inbound "b" listens on port 15, as inbound "a" does',
  ]);
  const dokodemo = { protocol: "dokodemo-door", settings: { network: "udp" } };
  assert.deepEqual(collisions(on("a", 53), on("b", 53, dokodemo)), []);
});

test("tags and names with >>> are found on every side", () => {
  const inbounds = [{ ...vmess("in>>>1", 1, [{ email: "a>>>b" }, { email: "c>>>d" }]) }];
  assert.deepEqual(check(userEmailSeparator, { inbounds }).messages, [
    '2 users ("a>>>b" and "c>>>d") of inbound "in>>>1" have names with >>> in it',
    'the tag "in>>>1" has >>> in it',
  ]);
});
