import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { checkStatsConfig } from "../../src/config/check/check-stats-config.ts";
import type { ConfigTarget } from "../../src/config/target.ts";
import { runCli } from "../support/run-program.ts";

// Working configurations of real loops: warnings and remarks are right about them, errors would be wrong.
const folder = "test/samples/configs";

for (const file of readdirSync(folder)) {
  const core = /^(v2ray4|v2ray5|xray|sing-box)-/.exec(file)?.[1] as ConfigTarget;

  test(`config check finds no error in ${file}`, async () => {
    const { code, stderr } = await runCli(["config", "check", `${folder}/${file}`, "--core", core]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const findings = checkStatsConfig(readFileSync(`${folder}/${file}`, "utf8"), { core });
    assert.deepEqual(
      findings.filter(({ severity }) => severity === "error"),
      [],
    );
  });
}
