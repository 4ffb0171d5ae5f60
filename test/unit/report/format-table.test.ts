import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeControls } from "../../../src/internal/escape-controls.ts";
import { formatTable } from "../../../src/report/index.ts";

test("formatTable aligns columns and leaves no blanks at the end", () => {
  const columns = [{ title: "name" }, { title: "bytes", align: "right" }, { title: "note", align: "left" }] as const;
  assert.equal(
    formatTable(columns, [
      ["alice@example.com", "5", ""],
      ["bob", "1234567", "first seen"],
    ]),
    "name                 bytes  note\nalice@example.com        5\nbob                1234567  first seen\n",
  );
});

test("formatTable without rows is its titles", () => {
  assert.equal(formatTable([{ title: "a" }, { title: "b" }], []), "a  b\n");
  assert.equal(formatTable([], []), "\n");
});

test("formatTable counts the columns a text takes on a terminal", () => {
  const rows = ["名前", "Zoë", "Zoe\u0308", "👩‍👩‍👧", "a\u009b"].map((name) => [name, "1"]);
  assert.equal(
    formatTable([{ title: "name" }, { title: "n", align: "right" }], rows),
    ["name     n", "名前     1", "Zoë      1", "Zoe\u0308      1", "👩‍👩‍👧       1", "a\\u009b  1", ""].join("\n"),
  );
});

test("formatTable refuses a row with too few or too many cells", () => {
  assert.throws(() => formatTable([{ title: "a" }], [["1"], []]), new RangeError("row 1 has 0 cells for 1 columns"));
  assert.throws(() => formatTable([{ title: "a" }], [["1", "2"]]), RangeError);
});

test("escapeControls makes visible what a terminal would act on, and nothing else", () => {
  assert.equal(escapeControls("a\0\t\n\r\x1b]0;x\x07"), "a\\x00\\x09\\x0a\\x0d\\x1b]0;x\\x07");
  assert.equal(escapeControls("\x7f\u0085\u009b\u2028\u2029"), "\\u007f\\u0085\\u009b\\u2028\\u2029");
  assert.equal(escapeControls("\u202eabc\u2066\u200f"), "\\u202eabc\\u2066\\u200f");
  assert.equal(escapeControls("\ud83d x \ude00"), "\\ud83d x \\ude00");
  for (const text of ["", "Zoë 名前 😀 👩‍👩‍👧 می‌خواهم", "a\\b", "\u00a0\u0300"])
    assert.equal(escapeControls(text), text);
});
