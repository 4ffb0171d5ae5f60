import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyEdits } from "../../src/config/edit/text-edit.ts";
import type { ConfigNode, SourceFile } from "../../src/config/syntax/node.ts";
import { parseToml } from "../../src/config/syntax/parse-toml.ts";
import { SyntaxProblem } from "../../src/config/syntax/syntax-problem.ts";
import { ExpectedTree, lostComments, operations, plainOf, plainValues } from "./config-edit-model.ts";
import { tomlTexts } from "./config-toml-text.ts";

const values = plainValues(["text", "two words", "'", '"', "\\", "# no", "]", "\n"], false);

test("edited TOML holds the changed value and no other, and keeps its comments", () => {
  fc.assert(
    fc.property(tomlTexts, operations(values), (text, wanted) => {
      const file = fileOf(text);
      const root = parse(file);
      const expected = new ExpectedTree();
      expected.carryOut(root, wanted);
      const edits = expected.editor.edits().get(file) ?? [];
      const edited = applyEdits(text, edits);
      assert.deepEqual(plainOf(parse(fileOf(edited))), expected.plain(root), edited);
      assert.deepEqual(lostComments(text, edits, expected.gone), [], edited);
    }),
    { numRuns: 1000 },
  );
});

function fileOf(text: string): SourceFile {
  return { name: "config.toml", text, format: "toml" };
}

function parse(file: SourceFile): ConfigNode {
  try {
    return parseToml(file).root;
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    throw new Error(`${error.message} at ${file.text.slice(error.offset, error.offset + 40)}\n${file.text}`);
  }
}
