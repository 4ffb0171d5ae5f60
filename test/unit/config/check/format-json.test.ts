import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFindings } from "../../../../src/config/check/format-findings.ts";
import { findingAt } from "./format-support.ts";

test("json holds the findings whole, and counts", () => {
  const text = '{ "level": 1 }';
  const edits = [{ file: "config", edits: [{ start: 11, end: 12, text: "0" }] }];
  const finding = findingAt("config", text, "1");
  const report = JSON.parse(
    formatFindings([finding, { ...finding, severity: "warning", edits }], text, { format: "json" }),
  );
  assert.deepEqual(report, {
    version: 1,
    findings: [
      { ...finding, edits: null },
      { ...finding, severity: "warning", edits },
    ],
    counts: { error: 1, warning: 1, info: 0, fixable: 1 },
  });
});
