import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { ConfigDocument } from "../../../../src/config/syntax/document.ts";
import { keyEndOf } from "../../../../src/config/syntax/key-range.ts";
import type { ConfigNode } from "../../../../src/config/syntax/node.ts";
import { parseJson } from "../../../../src/config/syntax/parse-json.ts";
import { positionAt } from "../../../../src/config/syntax/position.ts";
import { SyntaxProblem } from "../../../../src/config/syntax/syntax-problem.ts";
import { plainOf } from "../../../support/plain-node.ts";

function parse(text: string): ConfigDocument {
  return parseJson({ name: "config.json", text, format: "json" });
}

describe("parseJson", () => {
  test("reads what JSON.parse reads, and every node's text is its value", () => {
    const check = (node: ConfigNode, text: string): void => {
      assert.deepEqual(JSON.parse(text.slice(node.start, node.end)), JSON.parse(JSON.stringify(plainOf(node))));
      if (node.key !== undefined) assert.equal(JSON.parse(text.slice(node.keyStart, keyEndOf(node))), node.key);
      for (const child of node.children) check(child, text);
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const { root, blemishes } = parse(text);
        assert.deepEqual(JSON.stringify(plainOf(root)), JSON.stringify(JSON.parse(text)));
        assert.deepEqual(blemishes, []);
        check(root, text);
      }),
    );
  });

  test("refuses what JSON.parse refuses, comments and trailing commas apart", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."{}[],:\"\\x12.e-tn ul'"), maxLength: 12 }), (text) => {
        let strict = true;
        try {
          JSON.parse(text);
        } catch {
          strict = false;
        }
        let document: ConfigDocument | undefined;
        try {
          document = parse(text);
        } catch (error) {
          assert.ok(error instanceof SyntaxProblem);
          assert.ok(error.offset >= 0 && error.offset <= text.length);
        }
        assert.equal(document !== undefined && document.blemishes.length === 0, strict, text);
      }),
      { numRuns: 20_000 },
    );
  });

  test("reads over all three kinds of comments", () => {
    const { root } = parse('# a\n{ // b "\n /* c } */ "a": /**/ 1, # d\n "b" /* : */ : [2 // e\n] }\n// f');
    assert.deepEqual(plainOf(root), { a: 1, b: [2] });
  });

  test("a repeated key keeps all its members, and __proto__ is a name like others", () => {
    const { root } = parse('{"a": 1, "A": 2, "a": 3, "__proto__": {"x": 4}}');
    assert.deepEqual(
      root.children.map(({ key }) => key),
      ["a", "A", "a", "__proto__"],
    );
  });

  test("what only some cores take is a blemish with its place", () => {
    assert.deepEqual(parse("\uFEFF{}").blemishes, [{ kind: "byte-order-mark", start: 0, end: 1 }]);
    assert.deepEqual(parse('{"a": [1, /* x */], }').blemishes, [
      { kind: "trailing-comma", start: 8, end: 9 },
      { kind: "trailing-comma", start: 18, end: 19 },
    ]);
    assert.deepEqual(parse("{} rest").blemishes, [{ kind: "text-after-end", start: 3, end: 7 }]);
    assert.deepEqual(parse("{}\n# only a comment").blemishes, []);
    assert.deepEqual(parse("{} /* never closed").blemishes, [{ kind: "text-after-end", start: 3, end: 18 }]);
  });

  const wrong: readonly (readonly [string, RegExp, number, number])[] = [
    ["", /empty/, 1, 1],
    ["// nothing\n", /empty/, 2, 1],
    ["{\n  'a': 1}", /single quotes are not JSON/, 2, 3],
    ["{a: 1}", /a name in double quotes or } should stand here, not "a"/, 1, 2],
    ['{"a" 1}', /a colon should stand here, not "1"/, 1, 6],
    ['{"a": 1 "b": 2}', /a comma or }/, 1, 9],
    ['{"a": tru}', /a value should stand here, not "tru"/, 1, 7],
    ['{"a": 01}', /not "01"/, 1, 7],
    ['{"a": "x\ny"}', /not closed on its line/, 1, 7],
    ['{"a": "x\ty"}', /control character/, 1, 9],
    ['{"a": "\\x"}', /escape that JSON does not know/, 1, 7],
    ['{"a": [1, 2}', /a comma or ]/, 1, 12],
    ['{"a": {"b": 1', /the text ends where a comma or }/, 1, 14],
    ["{ /* x", /comment is never closed/, 1, 3],
    ["{,}", /not ","/, 1, 2],
  ];
  for (const [text, reason, line, column] of wrong) {
    test(`says where ${JSON.stringify(text)} is wrong, and why`, () => {
      assert.throws(
        () => parse(text),
        (error) => {
          assert.ok(error instanceof SyntaxProblem);
          assert.match(error.message, reason);
          assert.deepEqual(positionAt(error.file, error.offset), { line, column });
          return true;
        },
      );
    });
  }

  test("10,000 levels end in a sentence, not in a stack overflow", () => {
    for (const open of ["[", '{"a":'])
      assert.throws(() => parse(open.repeat(10_000)), { message: "values are nested more than 1000 deep here" });
  });

  test("50 million characters of one kind are read or refused without delay", () => {
    for (const sign of [" ", "[", '"', "/", "#", "1", "\n", '{"a":1},']) {
      const text = sign.repeat(50_000_000 / sign.length);
      try {
        parse(text);
      } catch (error) {
        assert.ok(error instanceof SyntaxProblem);
      }
    }
  });
});
