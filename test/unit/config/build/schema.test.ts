// The JSON Schemas for editors take what is right, and mark what is wrong. scripts/schema.ts --check keeps them fresh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv, type ValidateFunction } from "ajv";
import { buildStatsBlocks } from "../../../../src/config/build/build-stats-blocks.ts";
import { buildStatsConfig } from "../../../../src/config/build/build-stats-config.ts";
import { parseJson } from "../../../../src/config/syntax/parse-json.ts";
import { type ConfigTarget, configTargets } from "../../../../src/config/target.ts";
import { corpus, corpusFiles } from "../../../config-corpus/corpus.ts";
import { namedFiles } from "../../../support/build-arbitrary.ts";
import { everyApi, everyProtocol } from "../../../support/build-showcase.ts";
import { clientConfig, serverConfig } from "../../../support/configs.ts";
import { plainOf } from "../../../support/plain-node.ts";
import { coreKinds } from "../../../support/real-cores.ts";

const ajv = new Ajv({ allowUnionTypes: true });
const compiled = new Map(["v2ray", "v2ray5-jsonv5", "sing-box"].map((name) => [name, ajv.compile(schema(name))]));

function schema(name: string): object {
  return JSON.parse(readFileSync(`schema/${name}-stats-config.schema.json`, "utf8"));
}

function validatorOf(target: ConfigTarget): ValidateFunction {
  return compiled.get(target) ?? compiled.get("v2ray") ?? assert.fail();
}

function takes(target: ConfigTarget, config: unknown, name: string): void {
  const validate = validatorOf(target);
  assert.ok(validate(config), `${name}: ${ajv.errorsText(validate.errors)}`);
}

test("they take what we build", () => {
  for (const target of configTargets) {
    takes(target, buildStatsConfig(everyProtocol(target, namedFiles)), target);
    for (const [name, options] of everyApi(target, namedFiles)) takes(target, buildStatsConfig(options), name);
  }
  takes("v2ray4", buildStatsBlocks({ target: "v2ray4", api: { port: 1 } }), "blocks");
});

test("they take the measured configurations", () => {
  const ports = { api: 1, vmess: 2, socks: 3 };
  for (const kind of coreKinds) {
    takes(kind, serverConfig(kind, { ports }).json, `${kind} server`);
    takes(kind, clientConfig(kind, { ports }).json, `${kind} client`);
  }
});

test("they take what people have", () => {
  let files = 0;
  // Rightly marked: of two equal keys an editor sees the last, which says null; and `enabled` is false.
  const marked = ["duplicate-keys.json", "stats-off.json"];
  for (const entry of corpus.filter(({ name }) => !marked.includes(name))) {
    for (const { name, text } of corpusFiles(entry)) {
      if (!/\.jsonc?$/.test(name)) continue;
      files++;
      const { root } = parseJson({ name, text, format: "json" });
      takes(entry.target, plainOf(root), `${entry.target}/${entry.name}/${name}`);
    }
  }
  assert.ok(files > 40);
});

test("they mark what is wrong", () => {
  const inbound = { protocol: "vmess" };
  const wrong: readonly (readonly [ConfigTarget, object])[] = [
    ["v2ray4", { stats: true }],
    ["v2ray4", { api: { services: ["StatsService"] } }],
    ["v2ray4", { api: { tag: "api", services: "StatsService" } }],
    ["xray", { policy: { levels: { 0: { statsUserUplink: "true" } } } }],
    ["xray", { policy: { system: { statsInboundUplink: 1 } } }],
    ["v2ray5", { inbounds: [{ ...inbound, settings: { clients: [{ email: 7 }] } }] }],
    ["v2ray5", { inbounds: [{ ...inbound, settings: { clients: [{ email: "a", level: "0" }] } }] }],
    ["v2ray5", { routing: { rules: [{ type: "fields" }] } }],
    ["v2ray5-jsonv5", { services: { policy: { system: {} } } }],
    ["v2ray5-jsonv5", { services: { commander: { name: ["stats"] } } }],
    ["sing-box", { experimental: { v2ray_api: { listen: "127.0.0.1:1" } } }],
    ["sing-box", { experimental: { v2ray_api: { listen: "127.0.0.1:1", stats: { enabled: false } } } }],
  ];
  for (const [target, config] of wrong) assert.equal(validatorOf(target)(config), false, JSON.stringify(config));
});

test("they say what each key is for", () => {
  for (const name of compiled.keys()) {
    JSON.stringify(schema(name), (key, value) => {
      if (key !== "properties") return value;
      for (const [property, { description }] of Object.entries<{ readonly description?: string }>(value)) {
        assert.ok(description, `${name}: ${property}`);
      }
      return value;
    });
  }
});
