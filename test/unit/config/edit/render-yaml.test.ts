import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigEditor } from "../../../../src/config/edit/config-editor.ts";
import { applyEdits } from "../../../../src/config/edit/text-edit.ts";
import { memberAt } from "../../../../src/config/syntax/lookup.ts";
import type { ConfigNode } from "../../../../src/config/syntax/node.ts";
import { parseYaml } from "../../../../src/config/syntax/parse-yaml.ts";
import { SyntaxProblem } from "../../../../src/config/syntax/syntax-problem.ts";

type Change = (editor: ConfigEditor, root: ConfigNode) => void;

function edit(text: string, change: Change, target: "v2ray5" | "xray" = "v2ray5"): string {
  const { file, root } = parseYaml({ name: "config.yaml", text, format: "yaml" }, target);
  const editor = new ConfigEditor();
  change(editor, root);
  return applyEdits(text, editor.edits().get(file) ?? []);
}

function at(root: ConfigNode, ...names: readonly string[]): ConfigNode {
  return memberAt(root, ...names) as ConfigNode;
}

const levels: Change = (editor, root) => editor.set(root, ["policy", "levels", "0", "statsUserUplink"], true);

describe("renderYaml", () => {
  test("writes lines into a file of lines, names of levels in quotes", () => {
    assert.equal(
      edit("log: {} # c\ninbounds:\n    - tag: a\n", levels),
      'log: {} # c\ninbounds:\n    - tag: a\npolicy:\n    levels:\n        "0":\n            statsUserUplink: true\n',
    );
    assert.equal(
      edit("policy: # c\n  system: {}", levels),
      'policy: # c\n  system: {}\n  levels:\n    "0":\n      statsUserUplink: true',
    );
    assert.equal(
      edit("policy:\r\n  levels: # c\r\n", levels),
      'policy:\r\n  levels: # c\r\n    "0":\r\n      statsUserUplink: true\r\n',
    );
    assert.equal(edit("", levels), 'policy:\n  levels:\n    "0":\n      statsUserUplink: true\n');
  });

  test("writes into brackets where there are some", () => {
    assert.equal(
      edit("policy: {levels: {'0': {a: 1}}} # c\n", levels),
      "policy: {levels: {'0': {a: 1, statsUserUplink: true}}} # c\n",
    );
    assert.equal(
      edit("{policy: }", (editor, root) => editor.set(root, ["a"], 1)),
      '{policy: , "a": 1 }',
    );
    assert.equal(
      edit('{\n  "policy": {\n    "levels": {} # c\n  }\n}', levels),
      '{\n  "policy": {\n    "levels": {"0": {"statsUserUplink": true}} # c\n  }\n}',
    );
  });

  const rules: Change = (editor, root) => {
    const list = at(root, "rules");
    editor.insert(list, 0, { type: "field", inboundTag: ["api"] });
    editor.insert(list, list.children.length, { last: true });
  };

  test("puts items into lists, and leaves comments where they belong", () => {
    assert.equal(
      edit("rules:\n  # one\n  - a: 1 # b\n  # two\n  - c\nend: 1\n", rules),
      "rules:\n  - type: field\n    inboundTag: [api]\n  # one\n  - a: 1 # b\n  # two\n  - c\n  - last: true\nend: 1\n",
    );
    assert.equal(edit("rules: [a, b]\n", rules), "rules: [{type: field, inboundTag: [api]}, a, b, {last: true}]\n");
    assert.equal(
      edit("rules: [\n  a, # one\n  b # two\n  ]\n", (editor, root) => editor.insert(at(root, "rules"), 2, "c")),
      "rules: [\n  a, # one\n  b, # two\n  c\n  ]\n",
    );
    assert.equal(edit("rules: []\n", rules), "rules: [{type: field, inboundTag: [api]}, {last: true}]\n");
    assert.equal(
      edit("# top\n- a\n", (editor, root) => editor.insert(root, 0, "b")),
      "- b\n# top\n- a\n",
    );
  });

  test("takes out lines; their comments stay", () => {
    const remove =
      (...names: readonly string[]): Change =>
      (editor, root) =>
        editor.remove(at(root, ...names.slice(0, -1)), at(root, ...names));
    assert.equal(edit("a: 1\nb:\n  c: 1\n# d\ne: 2\n", remove("b")), "a: 1\n# d\ne: 2\n");
    assert.equal(edit("a: 1 # one\nb: 2 # two", remove("b")), "a: 1 # one\n# two");
    assert.equal(edit("a:\n  b: 1 # c\nd: 1\n", remove("a", "b")), "a:\n  {} # c\nd: 1\n");
    assert.equal(edit("{a: 1, b: 2, c: 3}", remove("c")), "{a: 1, b: 2}");
    assert.equal(
      edit("- a: 1\n  b: 2\n", (editor, root) =>
        editor.remove(root.children[0] as ConfigNode, at(root.children[0] as ConfigNode, "a")),
      ),
      "-\n  b: 2\n",
    );
  });

  test("gives values and names another spelling, and nothing else", () => {
    const other: Change = (editor, root) => {
      editor.replace(at(root, "a"), "yes");
      editor.rename(at(root, "a"), "010");
    };
    assert.equal(edit("'a'  :  !!int '1'  # c\n", other), '"010"  :  "yes"  # c\n');
    assert.equal(edit("{a, b: 1}", other), '{"010": "yes", b: 1}');
    assert.equal(edit("a:\n  b: 1\n", other), '"010": "yes"\n');
    assert.equal(edit("? a\n", other), '? "010"\n: "yes"\n');
  });

  test("writes an alias out where it changes, or where what it stands for does", () => {
    const text = "a: &x {p: 1} # c\nb: *x\nc: *x\n";
    assert.equal(
      edit(text, (editor, root) => editor.set(at(root, "b"), ["q"], 2)),
      "a: &x {p: 1} # c\nb:\n  p: 1\n  q: 2\nc: *x\n",
    );
    assert.equal(
      edit(text, (editor, root) => editor.set(at(root, "a"), ["q"], 2)),
      "a: &x {p: 1, q: 2} # c\nb:\n  p: 1\nc:\n  p: 1\n",
    );
    assert.equal(
      edit("x: &x {p: 1, q: 2}\na:\n  <<: *x # c\n  r: 3\n", (editor, root) => editor.replace(at(root, "a", "q"), 5)),
      "x: &x {p: 1, q: 2}\na:\n  p: 1\n  q: 5 # c\n  r: 3\n",
    );
    // What it takes in shows again where the member that hides it goes.
    assert.equal(
      edit("x: &x {p: 1, q: 2}\na: {<<: *x, q: 3}\n", (editor, root) =>
        editor.remove(at(root, "a"), at(root, "a", "q")),
      ),
      "x: &x {p: 1, q: 2}\na: {p: 1}\n",
    );
  });

  test("refuses to take out one of two members of one name, as the other would come back", () => {
    const remove: Change = (editor, root) => editor.remove(root, at(root, "a"));
    assert.throws(
      () => edit("a: 1\nb: 2\na: 3\n", remove, "xray"),
      (error) => error instanceof SyntaxProblem && error.offset === 10 && /"a" stands twice/.test(error.message),
    );
  });
});
