import assert from "node:assert/strict";
import { test } from "node:test";
import { checkStatsConfig } from "../../../../src/config/check/check-stats-config.ts";
import { formatFindings } from "../../../../src/config/check/format-findings.ts";
import { maskSecrets } from "../../../../src/config/check/mask-secrets.ts";
import { allCases } from "../../../config-cases/all-cases.ts";

test("maskSecrets puts stars in the place of secrets, sign for sign", () => {
  for (const [text, masked] of [
    ['{ "id": "abc", "email": "alice" }', '{ "id": "***", "email": "alice" }'],
    ['{"PASSWORD":"a b","pass":"x"}', '{"PASSWORD":"***","pass":"*"}'],
    ["- id: abc # mine", "- id: *** # mine"],
    ["password = 'a b'", "password = '***'"],
    ['"users": ["e731f153-4f31-49d3-9e8f-ff8f396135ef"]', `"users": ["${"*".repeat(36)}"]`],
    ['"id": "cut off', '"id": "*******'],
    ['"keyFile": "/a/b", "inboundTag": "id", "valid": true', '"keyFile": "/a/b", "inboundTag": "id", "valid": true'],
  ] as const) {
    assert.equal(maskSecrets(text), masked);
    assert.equal(masked.length, text.length);
  }
});

test("no text about a configuration shows an id of a user", () => {
  const id = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i;
  for (const { target, version, faulty } of allCases) {
    const findings = checkStatsConfig(faulty, { core: target, version });
    for (const format of ["text", "github"] as const)
      assert.doesNotMatch(formatFindings(findings, faulty, { format }), id);
  }
});
