import assert from "node:assert/strict";
import { test } from "node:test";
import { describedRules, formatRulePage } from "../../../../src/config/check/format-rule-page.ts";
import { runProgram } from "../../../support/run-program.ts";

test("docs/rules is as the registry and the cases have it", async () => {
  const { code, stderr } = await runProgram(process.execPath, ["scripts/rule-pages.ts", "--check"]);
  assert.equal(stderr, "");
  assert.equal(code, 0);
});

test("each page tells all that is known of its rule", () => {
  for (const rule of describedRules()) {
    const page = formatRulePage(rule);
    assert.match(page, new RegExp(`^# ${rule.id}\n`));
    for (const part of [rule.severity, rule.summary.slice(1), rule.consequence.slice(1), rule.fix.slice(1)])
      assert.ok(page.includes(part), `${rule.id}: ${part}`);
    assert.doesNotMatch(page, /undefined|\.\.\n/);
  }
});
