import assert from "node:assert/strict";
import { test } from "node:test";
import { direct, enabled, pathsOf } from "./enabled.ts";

const both = { statsUserUplink: true, statsUserDownlink: true };

function server(clients: readonly object[], more: object = {}): object {
  return {
    inbounds: [{ tag: "in", port: 443, protocol: "vmess", settings: { clients } }],
    outbounds: [direct],
    ...more,
  };
}

test("every level that has a user with a name is covered, and no other", () => {
  const clients = [{ email: "a" }, { email: "b", level: 3 }, { level: 4 }, { email: "", level: 5 }];
  const policy = { levels: { 3: { connIdle: 9, statsUserUplink: true }, 6: {} } };
  const { config, result } = enabled(server(clients, { policy }), { core: "xray", scopes: ["users"] });
  assert.deepEqual(config.policy.levels, { 0: both, 3: { connIdle: 9, ...both }, 6: {} });
  assert.deepEqual(result.untouched, [
    {
      file: "config",
      path: "inbounds[0].settings.clients",
      reason: "2 users here have no e-mail, and so no counter; only you know what to call them",
    },
  ]);
});

test("a level that is there under another spelling, or as null, is not written twice", () => {
  const policy = { levels: { "00": { connIdle: 9 }, 1: null } };
  const { config } = enabled(server([{ email: "a" }, { email: "b", level: 1 }], { policy }), { core: "xray" });
  assert.deepEqual(config.policy.levels, { "00": { connIdle: 9, ...both }, 1: both });
});

test("without users no level is written, but for those that a manager adds at run time", () => {
  assert.equal(enabled(server([]), { core: "v2ray5" }).config.policy.levels, undefined);
  const api = { tag: "api", services: ["HandlerService"] };
  assert.deepEqual(enabled(server([], { api }), { core: "v2ray5" }).config.policy.levels, { 0: both });
});

test("on V2Ray the level that a detour gives its users is covered too", () => {
  const to = { tag: "dynamic", port: "1000-1010", protocol: "vmess", settings: { default: { level: 7 } } };
  const from = { tag: "in", port: 443, protocol: "vmess" };
  const settings = { clients: [{ email: "a" }], detour: { to: "dynamic" } };
  const config = { inbounds: [{ ...from, settings }, to], outbounds: [direct] };
  assert.deepEqual(Object.keys(enabled(config, { core: "v2ray4" }).config.policy.levels), ["0", "7"]);
  assert.deepEqual(Object.keys(enabled(config, { core: "xray" }).config.policy.levels), ["0"]);
});

test("who is online is counted where that was asked for", () => {
  const { config } = enabled(server([{ email: "a" }]), { core: "xray", online: true });
  assert.deepEqual(config.policy.levels, { 0: { ...both, statsUserOnline: true } });
  const again = enabled(config, { core: "xray", online: true });
  assert.deepEqual(again.result.changes, []);
});

test("users of hysteria that Xray loses are named, unless its version does not or inbounds are not counted", () => {
  const hysteria = { tag: "hy", port: 443, protocol: "hysteria", settings: { clients: [{ email: "a" }] } };
  const config = { inbounds: [hysteria], outbounds: [direct] };
  assert.deepEqual(pathsOf(enabled(config, { core: "xray" }).result.untouched), ["inbounds[0]"]);
  assert.deepEqual(enabled(config, { core: "xray", version: "26.4.13" }).result.untouched, []);
  assert.deepEqual(enabled(config, { core: "xray", scopes: ["users"] }).result.untouched, []);
});
