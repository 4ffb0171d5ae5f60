import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigEditor } from "../../../../src/config/edit/config-editor.ts";
import { applyEdits } from "../../../../src/config/edit/text-edit.ts";
import { memberAt } from "../../../../src/config/syntax/lookup.ts";
import type { ConfigNode } from "../../../../src/config/syntax/node.ts";
import { parseToml } from "../../../../src/config/syntax/parse-toml.ts";

type Change = (editor: ConfigEditor, root: ConfigNode) => void;

function edit(text: string, change: Change): string {
  const { file, root } = parseToml({ name: "config.toml", text, format: "toml" });
  const editor = new ConfigEditor();
  change(editor, root);
  return applyEdits(text, editor.edits().get(file) ?? []);
}

function at(root: ConfigNode, ...names: readonly string[]): ConfigNode {
  return memberAt(root, ...names) as ConfigNode;
}

const levels: Change = (editor, root) => editor.set(root, ["policy", "levels", "0", "up"], true);

describe("renderToml", () => {
  test("adds sections behind those there are, and lines to those that are wanted", () => {
    assert.equal(
      edit('# a\n[log]\nlevel = "x"\n', levels),
      '# a\n[log]\nlevel = "x"\n\n[policy.levels.0]\nup = true\n',
    );
    assert.equal(
      edit("[policy] # a\n# b\n\n[log]\n", levels),
      "[policy] # a\n\n[policy.levels.0]\nup = true\n# b\n\n[log]\n",
    );
    assert.equal(
      edit("[policy.levels.0]\r\n  down = true # a\r\n", levels),
      "[policy.levels.0]\r\n  down = true # a\r\n  up = true\r\n",
    );
    assert.equal(edit("", levels), "[policy.levels.0]\nup = true\n");
    assert.equal(
      edit("a = 1 # b", (editor, root) => editor.set(root, ["c"], "d")),
      'a = 1 # b\nc = "d"',
    );
    assert.equal(
      edit("[a]\n", (editor, root) => editor.set(root, ["c"], 1)),
      "c = 1\n\n[a]\n",
    );
  });

  test("goes on with dotted names and inline tables where there are some", () => {
    assert.equal(
      edit("policy.levels.0.down = true # a\n", levels),
      "policy.levels.0.down = true # a\npolicy.levels.0.up = true\n",
    );
    assert.equal(
      edit("policy = { levels.0.down = true }\n", levels),
      "policy = { levels.0.down = true, levels.0.up = true }\n",
    );
    assert.equal(edit("policy = {}\n", levels), "policy = {levels = { 0 = { up = true } }}\n");
  });

  const rules: Change = (editor, root) => {
    const list = at(root, "routing", "rules");
    editor.insert(list, 0, { inboundTag: ["api"], outboundTag: "api" });
    editor.insert(list, list.children.length, { last: { a: 1 } });
  };

  test("puts items into lists, above the comments of the next", () => {
    assert.equal(
      edit("[routing]\n\n# one\n[[routing.rules]]\na = 1\n\n[routing.rules.b]\n\n[log]\n", rules),
      `[routing]

[[routing.rules]]
inboundTag = ["api"]
outboundTag = "api"

# one
[[routing.rules]]
a = 1

[routing.rules.b]

[[routing.rules]]

[routing.rules.last]
a = 1

[log]
`,
    );
    assert.equal(
      edit("routing.rules = [\n  { a = 1 }, # one\n]\n", rules),
      'routing.rules = [\n  { inboundTag = ["api"], outboundTag = "api" },\n  { a = 1 }, # one\n  { last = { a = 1 } },\n]\n',
    );
  });

  test("what stands in an item of a list comes before the next item", () => {
    const change: Change = (editor, root) => {
      editor.insert(at(root, "in"), 1, { tag: "new" });
      editor.set(at(root, "in").children[0] as ConfigNode, ["settings"], { a: 1 });
    };
    assert.equal(edit("[[in]]\n", change), '[[in]]\n\n[in.settings]\na = 1\n\n[[in]]\ntag = "new"\n');
    // The cores would find [in.settings] twice if another item had it as well.
    assert.equal(edit("[[ in ]]\n", change), '[[ in ]]\nsettings = { a = 1 }\n\n[[in]]\ntag = "new"\n');
  });

  test("takes out lines and sections; their comments stay", () => {
    const remove =
      (...names: readonly string[]): Change =>
      (editor, root) =>
        editor.remove(at(root, ...names.slice(0, -1)), at(root, ...names));
    const text = "a.b = 1 # one\na.c = 2\n[d] # two\ne = 1\n\n[d.f]\n# three\ng = 1\n";
    assert.equal(edit(text, remove("a", "c")), text.replace("a.c = 2\n", ""));
    assert.equal(edit(text, remove("a")), "# one\n[d] # two\ne = 1\n\n[d.f]\n# three\ng = 1\n");
    assert.equal(edit(text, remove("d")), "a.b = 1 # one\na.c = 2\n# two\n\n# three\n");
    assert.equal(
      edit("[[a]]\nb = 1\n[c]\n", (editor, root) =>
        editor.remove(at(root, "a"), at(root, "a").children[0] as ConfigNode),
      ),
      "a = []\n\n\n[c]\n",
    );
    assert.equal(edit("a.b = 1\n", remove("a", "b")), "a = {}\n");
  });

  test("gives values and names another spelling wherever they stand", () => {
    const text = "[ 'a' . b ] # c\nd = 1\n[[a.e]]\n[a.e.f]\n";
    assert.equal(
      edit(text, (editor, root) => editor.rename(at(root, "a"), "x y")),
      '[ "x y" . b ] # c\nd = 1\n[["x y".e]]\n["x y".e.f]\n',
    );
    assert.equal(
      edit(text, (editor, root) => editor.replace(at(root, "a", "b", "d"), { g: [1] })),
      text.replace("1", "{ g = [1] }"),
    );
    assert.equal(
      edit(text, (editor, root) => editor.replace(at(root, "a", "b"), 5)),
      "['a']\nb = 5\n\n# c\n[[a.e]]\n[a.e.f]\n",
    );
  });

  test("refuses null, which TOML has not", () => {
    assert.throws(() => edit("a = 1\n", (editor, root) => editor.replace(at(root, "a"), null)), RangeError);
  });
});
