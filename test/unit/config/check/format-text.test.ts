import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatFindings } from "../../../../src/config/check/format-findings.ts";
import { findingAt } from "./format-support.ts";

const crlfWithTabs = '{\r\n\t"clients": [\r\n\t\t{ "email": "alice",\t"level": 1 }\r\n\t]\r\n}\r\n';

test("a finding is shown with its place, its line and what to do, whatever tabs and line ends are in it", () => {
  const input = [{ name: "server.json", text: crlfWithTabs }];
  const fixable = findingAt("server.json", crlfWithTabs, "1", { edits: [{ file: "server.json", edits: [] }] });
  assert.equal(
    formatFindings([fixable], input),
    `server.json:3:32: error: user "alice" has level 1, which has no entry in policy.levels [user-level-uncovered]
  2 |     "clients": [
  3 |         { "email": "alice",    "level": 1 }
    |                                         ^
  4 |     ]
  path    inbounds[0].settings.clients[0].level
  effect  That user has no counters.
  fix     Add "1" to policy.levels. (--fix does it)
  page    docs/rules/user-level-uncovered.md

1 error, 1 fixable with --fix
`,
  );
});

test("the last line counts", () => {
  const finding = findingAt("config", crlfWithTabs, "1");
  const warning = { ...finding, severity: "warning" as const, edits: [] };
  const info = { ...finding, severity: "info" as const };
  const lastOf = (text: string): string | undefined => text.trimEnd().split("\n").at(-1);
  assert.equal(formatFindings([], ""), "nothing found\n");
  assert.equal(
    lastOf(formatFindings([finding, finding, warning, info], crlfWithTabs)),
    "2 errors, 1 warning, 1 info, 1 fixable with --fix",
  );
  assert.equal(lastOf(formatFindings([warning, warning], crlfWithTabs)), "2 warnings, 2 fixable with --fix");
});

test("of a long line a window around the place is shown", () => {
  const text = `{"a":"${"x".repeat(5_000_000)}","level":1,"b":"${"y".repeat(5_000_000)}"}`;
  const shown = formatFindings([findingAt("config", text, '"level"')], text);
  const [, line = "", carets = ""] = shown.split("\n");
  assert.match(line, /^ {2}1 \| …x+","level":1,"b":"y+…$/);
  assert.ok(line.length < 140);
  assert.equal(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1), '"level"');
});

test("nothing from a configuration steers the terminal", () => {
  const evil = '"\u001b[2J\u009b31m\u202e"';
  const text = `{ ${evil}: 1 }\n`;
  const finding = findingAt("\u001b]0;x\u0007.json", text, evil, {
    message: `the tag ${evil}`,
    consequence: evil,
    fix: evil,
  });
  const shown = formatFindings([finding], [{ name: finding.location.file, text }]);
  assert.doesNotMatch(shown, /[^\n\P{Cc}]|\p{Bidi_Control}/u);
  assert.match(shown, /^\\x1b\]0;x\\x07\.json:1:3: error: the tag "\\x1b\[2J\\u009b31m\\u202e"/);
});

test("colours are there only when asked for", () => {
  const finding = findingAt("config", crlfWithTabs, "1");
  const plain = formatFindings([finding], crlfWithTabs);
  const coloured = formatFindings([finding], crlfWithTabs, { colour: true });
  assert.ok(!plain.includes("\u001b"));
  assert.ok(coloured.includes("\u001b[1;31merror:\u001b[0m"));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes that are taken out
  assert.equal(coloured.replaceAll(/\u001b\[[\d;]*m/g, ""), plain);
});

test("carets stand under the place, whatever stands around it", () => {
  const anything = fc.string({
    unit: fc.constantFrom("a", " ", "\t", "\u0000", "é", "\n", "\r\n", "😀"),
    maxLength: 300,
    size: "max",
  });
  fc.assert(
    fc.property(
      anything,
      fc.string({ unit: fc.constantFrom("b", "\t", "\u001b"), minLength: 1, maxLength: 200, size: "max" }),
      anything,
      (before, part, after) => {
        const text = `${before}<${part}>${after}`;
        const lines = formatFindings([findingAt("config", text, `<${part}>`)], text).split("\n");
        const index = lines.findIndex((line) => /^ +\| +\^+$/.test(line));
        const carets = lines[index] as string;
        assert.ok(carets.length <= (lines[index - 1] as string).length);
        const under = (lines[index - 1] as string).slice(carets.indexOf("^"), carets.length);
        const visible = `<${part}>`.replaceAll("\t", "    ").replaceAll("\u001b", "\\x1b");
        assert.ok(
          visible.startsWith(under) && under.length >= Math.min(visible.length, 60),
          `${under} is not ${visible}`,
        );
      },
    ),
  );
});

test("a place that is not in the text has no frame, an unknown format is refused", () => {
  const finding = findingAt("config", crlfWithTabs, "1");
  assert.ok(!formatFindings([finding], [{ name: "other", text: "" }]).includes(" | "));
  assert.ok(!formatFindings([finding], "").includes(" | "));
  assert.throws(() => formatFindings([], "", { format: "xml" as never }), RangeError);
});
