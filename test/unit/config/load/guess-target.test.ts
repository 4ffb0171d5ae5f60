import assert from "node:assert/strict";
import { test } from "node:test";
import { guessConfigTarget } from "../../../../src/config/load/guess-target.ts";

function guess(text: string, name = "config.json"): string {
  return guessConfigTarget([{ name, text }]).core;
}

const rules = '"routing": { "rules": [{ "type": "field", "outboundTag": "api" }] }';

test("what only one core knows gives it away", () => {
  for (const [core, text] of [
    ["v2ray5-jsonv5", '{ "router": {} }'],
    ["v2ray5-jsonv5", '{ "services": { "commander": {} } }'],
    ["v2ray5-jsonv5", '{ "inbounds": [{ "protocol": "#v2ray.core.proxy.vmess.inbound.Config" }] }'],
    ["sing-box", '{ "experimental": {} }'],
    ["sing-box", '{ "route": {} }'],
    ["sing-box", '{ "outbounds": [{ "type": "direct" }] }'],
    ["xray", '{ "Metrics": {} }'],
    ["xray", '{ "api": { "tag": "api", "listen": "127.0.0.1:1" } }'],
    ["xray", '{ "policy": { "levels": { "0": {}, "1": { "statsUserOnline": true } } } }'],
    ["xray", '{ "inbounds": [{ "protocol": "Tunnel" }] }'],
    ["xray", '{ "inbounds": [{ "protocol": "vless", "streamSettings": { "network": "xhttp" } }] }'],
    ["xray", '{ "outbounds": [{ "protocol": "vless", "streamSettings": { "security": "reality" } }] }'],
    ["xray", '{ "inbounds": [{ "settings": { "clients": [{}, { "flow": "xtls-rprx-vision" }] } }] }'],
    ["xray", '{ "outbounds": [{ "settings": { "vnext": [{ "users": [{ "flow": "xtls-rprx-vision" }] }] } }] }'],
    ["xray", '{ "routing": { "rules": [{ "outboundTag": "api" }] } }'],
    ["v2ray5", `{ "stats": {}, "services": { "stats": {} }, ${rules} }`],
    ["v2ray5", '{ "inbounds": [{ "protocol": "vmess" }], "outbounds": [{ "protocol": "freedom" }] }'],
    ["v2ray5", '{ "inbounds": [{ "type": "x", "protocol": "vmess" }] }'],
    ["v2ray5", "{}"],
    ["v2ray5", "[1, 2"],
  ] as const)
    assert.equal(guess(text), core, text);
});

test("all files together tell", () => {
  const files = [
    { name: "1.json", text: `{ ${rules} }` },
    { name: "2.json", text: '{ "metrics": {} }' },
  ];
  assert.deepEqual(guessConfigTarget(files), { core: "xray", because: 'it has "metrics"' });
  assert.deepEqual(guessConfigTarget(`{ ${rules} }`), { core: "v2ray5", because: undefined });
});

test("only V2Ray 5 and Xray read YAML and TOML", () => {
  assert.equal(guess("route: {}", "config.yaml"), "v2ray5");
  assert.equal(guess("[router]", "config.toml"), "v2ray5");
  assert.equal(guess("metrics: {}", "config.yaml"), "xray");
});
