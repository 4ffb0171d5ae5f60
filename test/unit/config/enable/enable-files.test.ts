import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnableOptions } from "../../../../src/config/enable/enable-options.ts";
import { enableStats } from "../../../../src/config/enable/enable-stats.ts";
import { direct, type Parsed, pathsOf, vmess } from "./enabled.ts";

/** Files by their names, before and after. */
type Files = Readonly<Record<string, Parsed>>;

function enabledFiles(files: Files, options: EnableOptions): { readonly files: Files; readonly untouched: string[] } {
  const given = Object.entries(files).map(([name, value]) => ({ name, text: JSON.stringify(value) }));
  const result = enableStats(given, options);
  const made = Object.fromEntries(result.files.map(({ name, text }) => [name, JSON.parse(text)]));
  return { files: made, untouched: pathsOf(result.untouched) };
}

test("each block goes into the file that has it, is named after it, or has one of its kind", () => {
  const { files } = enabledFiles(
    {
      "00_log.json": { log: {} },
      "03_routing.json": { routing: { rules: [] } },
      "04_policy.json": { policy: { levels: { 0: {} } } },
      "05_inbounds.json": { inbounds: [vmess] },
      "06_outbounds.json": { outbounds: [direct] },
      "08_stats.json": {},
    },
    { core: "v2ray4" },
  );
  assert.deepEqual(files["00_log.json"], { log: {} });
  assert.equal(files["03_routing.json"].routing.rules.length, 1);
  assert.deepEqual(Object.keys(files["04_policy.json"]), ["policy", "api"]);
  assert.equal(files["05_inbounds.json"].inbounds.length, 2);
  assert.deepEqual(files["06_outbounds.json"], { outbounds: [direct] });
  assert.deepEqual(files["08_stats.json"], { stats: {} });
});

test("where a later file replaces a block, that one is edited", () => {
  const earlier = { policy: { levels: { 0: { statsUserUplink: true, statsUserDownlink: true } } }, inbounds: [vmess] };
  const later = { policy: {}, outbounds: [direct] };
  const { files } = enabledFiles({ "a.json": earlier, "b.json": later }, { core: "xray", scopes: ["users"] });
  assert.deepEqual(files["b.json"].policy, earlier.policy);
  assert.deepEqual(files["a.json"].policy, earlier.policy);
});

test("V2Ray 5 merges blocks of several files, and only what is missing in all is added", () => {
  const levels = { 0: { statsUserUplink: true } };
  const { files } = enabledFiles(
    {
      "a.json": { policy: { levels } },
      "b.json": {
        policy: { levels: { 0: { connIdle: 1, statsUserDownlink: true } } },
        inbounds: [vmess],
        outbounds: [direct],
      },
    },
    { core: "v2ray5", scopes: ["users"] },
  );
  assert.deepEqual(files["a.json"].policy, { levels });
});

test("items without a tag that replace each other between files stay without", () => {
  const first = { inbounds: [{ protocol: "socks", port: 1 }], outbounds: [direct] };
  const second = { inbounds: [{ protocol: "http", port: 2 }] };
  for (const core of ["v2ray4", "xray"] as const) {
    const { files, untouched } = enabledFiles({ "a.json": first, "b.json": second }, { core });
    assert.deepEqual(files["b.json"].inbounds[0], second.inbounds[0]);
    assert.deepEqual(untouched, ["inbounds[0]"]);
  }
  const both = enabledFiles({ "a.json": first, "b.json": second }, { core: "v2ray5" });
  assert.deepEqual(
    [both.files["a.json"].inbounds[0].tag, both.files["b.json"].inbounds[0].tag],
    ["socks-in", "http-in"],
  );
});

test("V2Ray 4 takes a later list of two or more for all: the inbound for the API goes there", () => {
  const { files } = enabledFiles(
    {
      "a.json": { inbounds: [vmess], outbounds: [direct] },
      "b.json": {
        inbounds: [
          { ...vmess, tag: "b1" },
          { ...vmess, tag: "b2" },
        ],
      },
    },
    { core: "v2ray4" },
  );
  assert.deepEqual([files["a.json"].inbounds.length, files["b.json"].inbounds.length], [1, 3]);
});

test("what led to an API that listens by itself goes from the files where it stands", () => {
  const door = { tag: "api-in", listen: "127.0.0.1", port: 9, protocol: "dokodemo-door", settings: {} };
  const rule = { inboundTag: ["api-in"], outboundTag: "api" };
  const { files } = enabledFiles(
    {
      "a.json": { inbounds: [vmess], outbounds: [direct], api: { tag: "api", listen: "127.0.0.1:8" } },
      "b.json": { inbounds: [door], routing: { rules: [rule] } },
    },
    { core: "xray" },
  );
  assert.deepEqual(
    [files["a.json"].inbounds, files["b.json"].inbounds, files["b.json"].routing.rules],
    [[vmess], [], []],
  );
});

test("a name that stands twice is edited where the core reads it", () => {
  const text = `{
  "policy": {"levels": {"0": {"statsUserUplink": true}}},
  "inbounds": [${JSON.stringify(vmess)}],
  "outbounds": [{"protocol": "freedom"}],
  "policy": {"system": {}}
}`;
  const result = enableStats(text, { core: "xray", scopes: ["users"] });
  assert.match(result.text, /"levels": \{"0": \{"statsUserUplink": true,\s*"statsUserDownlink": true\}\}/);
  assert.deepEqual(enableStats(result.text, { core: "xray", scopes: ["users"] }).changes, []);
});
