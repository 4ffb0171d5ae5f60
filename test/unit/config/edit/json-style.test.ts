import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonStyleOf } from "../../../../src/config/edit/json-style.ts";

test("jsonStyleOf learns line ends, indentation, blanks and whether a file is minified", () => {
  assert.deepEqual(jsonStyleOf('{\r\n\t"a": 1\r\n}'), { eol: "\r\n", unit: "\t", space: " ", minified: false });
  assert.deepEqual(jsonStyleOf('{"a":{"b":1}}\n'), { eol: "\n", unit: "  ", space: "", minified: true });
  assert.deepEqual(jsonStyleOf("{}"), { eol: "\n", unit: "  ", space: " ", minified: false });
});

test("jsonStyleOf takes no colon within a text for one behind a name", () => {
  assert.equal(jsonStyleOf('{ "ip": ["::/127", ":x"] }').space, " ");
});
