import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFindings } from "../../../../src/config/check/format-findings.ts";
import { describedRules } from "../../../../src/config/check/format-rule-page.ts";
import { applyEdits } from "../../../../src/config/edit/text-edit.ts";
import { findingAt } from "./format-support.ts";

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

const text = '{\r\n\t"😀": "x", "level": 1\r\n}\r\n';

function sarifOf(findings: Parameters<typeof formatFindings>[0], name = "server.json") {
  const log = JSON.parse(formatFindings(findings, [{ name, text }], { format: "sarif" }));
  assert.equal(log.version, "2.1.0");
  assert.match(log.$schema, /^https:.*sarif-schema-2\.1\.0\.json$/);
  assert.equal(log.runs.length, 1);
  return log.runs[0];
}

test("the driver describes every rule, with help and level", () => {
  const { tool, results, columnKind } = sarifOf([]);
  assert.equal(columnKind, "utf16CodeUnits");
  assert.deepEqual(results, []);
  assert.equal(tool.driver.name, "v2ray-stats");
  const ids = tool.driver.rules.map(({ id }: { id: string }) => id);
  assert.deepEqual(
    ids,
    describedRules().map(({ id }) => id),
  );
  assert.equal(new Set(ids).size, ids.length);
  for (const rule of tool.driver.rules) {
    for (const message of [rule.shortDescription, rule.fullDescription, rule.help]) assert.notEqual(message.text, "");
    assert.match(rule.help.markdown, /^# /);
    assert.ok(["error", "warning", "note"].includes(rule.defaultConfiguration.level), rule.id);
  }
});

test("a result has its rule, level, place and path", () => {
  const finding = findingAt("server.json", text, "1", { rule: "syntax-error" });
  const levels = (["error", "warning", "info"] as const).map((severity) => ({ ...finding, severity }));
  const { results, tool } = sarifOf(levels);
  assert.deepEqual(
    results.map(({ level }: { level: string }) => level),
    ["error", "warning", "note"],
  );
  const [result] = results;
  assert.equal(tool.driver.rules[result.ruleIndex].id, result.ruleId);
  assert.deepEqual(result.locations, [
    {
      physicalLocation: {
        artifactLocation: { uri: "server.json" },
        region: { startLine: 2, startColumn: 22, endLine: 2, endColumn: 23 },
      },
      logicalLocations: [{ fullyQualifiedName: "inbounds[0].settings.clients[0].level" }],
    },
  ]);
  assert.equal("fixes" in result, false);
});

test("a fix makes the text that the edits make", () => {
  const at = text.indexOf("1");
  const edits = [
    { start: at, end: at + 1, text: "0" },
    { start: 1, end: 1, text: '\r\n\t"stats": {},' },
  ];
  const finding = findingAt("server.json", text, "1", { edits: [{ file: "server.json", edits }] });
  const [fix] = sarifOf([finding]).results[0].fixes;
  assert.notEqual(fix.description.text, "");
  const [change] = fix.artifactChanges;
  assert.equal(change.artifactLocation.uri, "server.json");
  const lines = text.split("\n");
  const offsetOf = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  const again = change.replacements.map(
    ({ deletedRegion, insertedContent }: { deletedRegion: Region; insertedContent: { text: string } }) => ({
      start: offsetOf(deletedRegion.startLine, deletedRegion.startColumn),
      end: offsetOf(deletedRegion.endLine, deletedRegion.endColumn),
      text: insertedContent.text,
    }),
  );
  assert.equal(applyEdits(text, again), applyEdits(text, edits));
});

test("no brace is a placeholder, nothing is a link, and file names are references", () => {
  const name = "/etc/x ray/a:b#%.json";
  const finding = findingAt(name, text, "1", { message: 'add "stats": {} to [x](http://evil)' });
  const [result] = sarifOf([finding], name).results;
  assert.equal(result.message.text, 'add "stats": {{}} to [x] (http://evil). That user has no counters.');
  assert.equal(result.locations[0].physicalLocation.artifactLocation.uri, "file:///etc/x%20ray/a%3Ab%23%25.json");
  const relative = { ...finding, location: { ...finding.location, file: "conf.d/a:\ud800.json" } };
  assert.equal(
    sarifOf([relative]).results[0].locations[0].physicalLocation.artifactLocation.uri,
    "conf.d/a%3A%EF%BF%BD.json",
  );
});
