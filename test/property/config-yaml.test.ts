import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyEdits, type TextEdit } from "../../src/config/edit/text-edit.ts";
import type { ConfigNode, SourceFile } from "../../src/config/syntax/node.ts";
import { parseYaml } from "../../src/config/syntax/parse-yaml.ts";
import { SyntaxProblem } from "../../src/config/syntax/syntax-problem.ts";
import { ExpectedTree, lostComments, operations, plainOf, plainValues } from "./config-edit-model.ts";
import { yamlTexts } from "./config-yaml-text.ts";

const values = plainValues(
  ["text", "two words", "yes", "127.0.0.1", "010", "a: b # c", "'", "- x", "*a", "{", "null"],
  true,
);
const targets = fc.constantFrom("v2ray5", "xray");

function fileOf(text: string): SourceFile {
  return { name: "config.yaml", text, format: "yaml" };
}

test("edited YAML holds the changed value and no other, and keeps its comments", () => {
  fc.assert(
    fc.property(yamlTexts, operations(values), targets, (text, wanted, target) => {
      const file = fileOf(text);
      const { root } = parse(file, target);
      const expected = new ExpectedTree();
      expected.carryOut(root, wanted);
      const edits = editsOf(expected, file);
      const edited = applyEdits(text, edits);
      assert.deepEqual(plainOf(parse(fileOf(edited), target).root), expected.plain(root), edited);
      assert.deepEqual(lostComments(text, edits, expected.gone), [], edited);
    }),
    { numRuns: 1000 },
  );
});

/** A name that Xray reads twice cannot be taken out. */
function editsOf({ editor }: ExpectedTree, file: SourceFile): TextEdit[] {
  try {
    return editor.edits().get(file) ?? [];
  } catch (error) {
    fc.pre(!(error instanceof SyntaxProblem && error.message.includes("stands twice")));
    throw error;
  }
}

function parse(file: SourceFile, target: "v2ray5" | "xray"): { root: ConfigNode } {
  try {
    return parseYaml(file, target);
  } catch (error) {
    if (error instanceof SyntaxProblem)
      throw new Error(`${error.message} at ${file.text.slice(error.offset, error.offset + 40)}\n${file.text}`);
    throw error;
  }
}
