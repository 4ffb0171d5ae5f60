import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFindings } from "../../../../src/config/check/format-findings.ts";
import { findingAt } from "./format-support.ts";

const text = '{\n  "level": 1\n}\n';

test("a finding is a workflow command with its place", () => {
  const finding = findingAt("etc/server.json", text, "1");
  const info = { ...finding, severity: "info" as const };
  const shown = formatFindings([finding, { ...finding, severity: "warning" }, info], text, { format: "github" });
  assert.equal(
    shown.split("\n")[0],
    "::error file=etc/server.json,line=2,endLine=2,col=12,endColumn=13,title=user-level-uncovered::" +
      'user "alice" has level 1, which has no entry in policy.levels%0AThat user has no counters.' +
      '%0AFix: Add "1" to policy.levels.',
  );
  assert.match(shown, /\n::warning file=.*\n::notice file=.*\n$/);
  assert.equal(formatFindings([], text, { format: "github" }), "");
});

test("what the runner would take for its own is escaped", () => {
  const finding = findingAt("a,b:100%.json", text, "1", {
    message: "100% of\r\n::stop-commands::x \u001b[31m",
    location: { file: "a,b:100%.json", start: { line: 1, column: 1 }, end: { line: 3, column: 2 }, path: "" },
  });
  const shown = formatFindings([finding], text, { format: "github" });
  assert.match(
    shown,
    /^::error file=a%2Cb%3A100%25\.json,line=1,endLine=3,title=user-level-uncovered::100%25 of\\x0d\\x0a/,
  );
  assert.equal(shown.split(/[\r\n]/).length, 2);
  assert.ok(!shown.includes("\u001b"));
});
