import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { yamlKeyEnd } from "../../../../src/config/edit/render-yaml-text.ts";
import type { ConfigDocument } from "../../../../src/config/syntax/document.ts";
import { memberAt } from "../../../../src/config/syntax/lookup.ts";
import type { ConfigNode } from "../../../../src/config/syntax/node.ts";
import { parseYaml } from "../../../../src/config/syntax/parse-yaml.ts";
import { positionAt } from "../../../../src/config/syntax/position.ts";
import { SyntaxProblem } from "../../../../src/config/syntax/syntax-problem.ts";
import type { ConfigTarget } from "../../../../src/config/target.ts";
import { yamlTexts } from "../../../property/config-yaml-text.ts";
import { plainOf } from "../../../support/plain-node.ts";

function parse(text: string, target?: ConfigTarget): ConfigDocument {
  return parseYaml({ name: "config.yaml", text, format: "yaml" }, target);
}

function plain(text: string, target?: ConfigTarget): unknown {
  return plainOf(parse(text, target).root);
}

function problem(text: string, target?: ConfigTarget): SyntaxProblem {
  try {
    parse(text, target);
  } catch (error) {
    assert.ok(error instanceof SyntaxProblem, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `this was read: ${text}` });
}

function textOf(node: ConfigNode | undefined): string | undefined {
  return node?.file.text.slice(node.start, node.end);
}

describe("parseYaml", () => {
  test("gives every name and value its place", () => {
    const text =
      '# a\nlog: {"level": warning}  # b\nlist:\n- one\n-   x: "1" # c\n    y: |\n      a\n\n      b\n\nnone:\n';
    const { root } = parse(text);
    assert.equal(textOf(root), text.slice(4, -1));
    assert.equal(textOf(memberAt(root, "log")), '{"level": warning}');
    assert.equal(textOf(memberAt(root, "log", "level")), "warning");
    const list = memberAt(root, "list") as ConfigNode;
    assert.equal(textOf(list), '- one\n-   x: "1" # c\n    y: |\n      a\n\n      b');
    assert.equal(textOf(list.children[1]), 'x: "1" # c\n    y: |\n      a\n\n      b');
    assert.equal(textOf(memberAt(list.children[1], "x")), '"1"');
    assert.equal(textOf(memberAt(list.children[1], "y")), "|\n      a\n\n      b");
    const none = memberAt(root, "none") as ConfigNode;
    assert.equal(text.slice(none.keyStart, none.start), "none:");
    assert.equal(textOf(none), "");
  });

  test("gives places within those of the parent, from which the same can be read again", () => {
    const check = (node: ConfigNode): void => {
      const { file, start, end, keyStart, key, kind } = node;
      const own = file.text.slice(start, end);
      const isCopy = own.startsWith("*");
      if (key !== undefined) {
        const name = file.text.slice(keyStart, yamlKeyEnd(node));
        // What an alias stands for in a name is known in the whole file only.
        if (!name.startsWith("*")) assert.deepEqual(Object.entries(plain(`{${name}: 1}`) as object), [[key, 1]]);
      }
      if (!isCopy && kind !== "object" && kind !== "array" && !own.includes("\n")) {
        const before = file.text.slice(0, start);
        const tag = /!!\w+ $/.exec(before)?.[0] ?? "";
        assert.deepEqual(plain(`- ${tag}${own}`), [node.value]);
      }
      for (const child of node.children) {
        assert.ok(start <= child.start && child.end <= end, own);
        check(child);
      }
    };
    fc.assert(
      fc.property(yamlTexts, (text) => check(parse(text).root)),
      { numRuns: 300 },
    );
  });

  const scalars: readonly (readonly [string, unknown, unknown?])[] = [
    ["yes", "yes", true],
    ["Off", "Off", false],
    ["y", "y", true],
    ["True", true],
    ["tRUE", "tRUE"],
    ["~", null],
    ["Null", null],
    ["010", 8],
    ["0o10", 8],
    ["08", 8],
    ["0x1F", 31],
    ["-0b11", -3],
    ["1_000", 1000],
    ["+5", 5],
    [".5", 0.5],
    ["1e3", 1000],
    ["1e999", "1e999"],
    ["1:30", "1:30"],
    ["2024-05-06", "2024-05-06T00:00:00Z", "2024-05-06"],
    ["2024-5-6T1:2:3.50+08:00", "2024-05-06T01:02:03.5+08:00", "2024-5-6T1:2:3.50+08:00"],
    ["2024-02-30", "2024-02-30"],
    ["127.0.0.1", "127.0.0.1"],
    ["<<", "<<"],
    ["a#b", "a#b"],
    ["two\n  words", "two words"],
    ['"yes"', "yes"],
    ["'it''s'", "it's"],
    ['"\\x41\\n\\u00e9\\U0001F600"', "A\né😀"],
    ["!!str 1", "1"],
    ["!!int '7'", 7],
    ["!!float 7", 7],
    ["!!binary aGk=", "hi"],
    ["! 1", 1, "1"],
    ["!own 1", "1"],
  ];
  for (const [text, v2ray5, xray = v2ray5] of scalars)
    test(`reads ${JSON.stringify(text)} as the cores do`, () => {
      assert.deepEqual(plain(`a: ${text}\n`), { a: v2ray5 });
      assert.deepEqual(plain(`a: ${text}\n`, "xray"), { a: xray });
    });

  test("reads names as the cores do, and tells where they stand", () => {
    assert.deepEqual(plain("{0: a, 0x10: b, 1.50: c, on: d}"), { "0": "a", "16": "b", "1.5": "c", on: "d" });
    assert.deepEqual(plain("{on: d}", "xray"), { true: "d" });
    const text = "levels: {0: 1, '1': 2}";
    const levels = memberAt(parse(text).root, "levels") as ConfigNode;
    assert.deepEqual(
      levels.children.map(({ keyStart }) => text[keyStart]),
      ["0", "'"],
    );
    assert.deepEqual(Object.keys(plain("__proto__: {a: 1}\nconstructor: 2") as object), ["__proto__", "constructor"]);
    assert.match(problem("~: 1", "xray").message, /no null/);
    assert.match(problem("? [a]\n: 1").message, /cannot be a name/);
    assert.equal(problem("a: 1\n: 1").offset, 5);
  });

  test("of two members of one name Xray takes the last, V2Ray 5 none", () => {
    assert.deepEqual(plain("a: {x: 1}\nb: 2\na: {z: 3}\n", "xray"), { b: 2, a: { z: 3 } });
    const { message, offset } = problem("a: {x: 1}\nb: 2\na: {z: 3}\n");
    assert.equal(message, '"a" stands twice in this object');
    assert.equal(offset, 15);
  });

  test("an alias has the place of the alias, and the names in it theirs", () => {
    const text = "a: &x {p: 1, q: [2]}\nb: *x\n";
    const b = memberAt(parse(text).root, "b") as ConfigNode;
    assert.deepEqual(plainOf(b), { p: 1, q: [2] });
    assert.equal(b.keyStart, text.indexOf("b:"));
    for (const node of [b, ...b.children, ...(b.children[1]?.children ?? [])]) assert.equal(textOf(node), "*x");
    assert.equal(b.children[0]?.keyStart, text.indexOf("p:"));
    assert.deepEqual(plain("a: &x 1\nb: &x 2\nc: [*x]\n&k d: 3\ne: {*k : *k}"), {
      a: 1,
      b: 2,
      c: [2],
      d: 3,
      e: { d: "d" },
    });
  });

  test("<< takes in what an object has not; on Xray also what stands before it", () => {
    const text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  a: 3\n  <<: [*x, *y]\n  c: 4\n";
    const z = (target?: ConfigTarget): unknown => plainOf(memberAt(parse(text, target).root, "z") as ConfigNode);
    assert.deepEqual(z(), { a: 3, b: 1, c: 4 });
    assert.deepEqual(z("xray"), { a: 1, b: 1, c: 4 });
    assert.deepEqual(plain("a: {<<: {b: 1}, '<<': 2}"), { a: { b: 1, "<<": 2 } });
    assert.match(problem("a: {<<: 1}").message, /takes an object/);
    assert.match(problem("a: {<<: {}, <<: {}}").message, /"<<" stands twice/);
  });

  test("reads the first document only", () => {
    const text = "---\na: 1\n---\nb: 2\n";
    assert.deepEqual(plain(text), { a: 1 });
    assert.deepEqual(parse(text).blemishes, [{ kind: "text-after-end", start: 13, end: 18 }]);
    assert.deepEqual(parse("a: 1\n...\n# c\n---\n").blemishes, []);
    assert.deepEqual(plain("a: 1\n...\n{"), { a: 1 });
    assert.deepEqual(plain("a: 1\n---\nb: 2\n---\nc: 3\n"), { a: 1 });
    assert.deepEqual(plain(`a: 1\n---\n${"[".repeat(1000)}`), { a: 1 });
  });

  test("an empty file is an empty object", () => {
    for (const text of ["", "# only\n", "---\n", "~\n", "--- # a\n...\n"]) assert.deepEqual(plain(text), {}, text);
  });

  test("takes a byte-order mark and both line ends, as the cores do", () => {
    const { root, blemishes } = parse("\ufeffa: 1\r\nb: |\r\n  x\r\n");
    assert.deepEqual(plainOf(root), { a: 1, b: "x\n" });
    assert.deepEqual(blemishes, []);
    assert.equal(textOf(memberAt(root, "b")), "|\r\n  x");
  });

  const wrong: readonly (readonly [string, RegExp, number, number])[] = [
    ["a: 1\n  b: 2\n", /a value before this colon already.*indentation/, 1, 4],
    ["a:\n\tb: 1\n", /tabs do not indent/, 2, 1],
    ["a: [1, 2\nb: 1\n", /end with a \]/, 2, 1],
    ["a: {b: 1}}\n", /flow-map-end/, 1, 10],
    ['a: "x\n', /missing closing "quote/, 2, 1],
    ["a: *x\n", /nothing before this is called &x/, 1, 4],
    ["a: &x\n  b: [*x]\n", /\*x contains itself/, 2, 7],
    ["%YAML 1.2\n---\na: 1\n", /%YAML/, 1, 1],
    ['a: "\\/"\n', /no \\\/ in YAML/, 1, 5],
    ['a: "\\ud83d\\ude00"\n', /halves of characters/, 1, 5],
    ["a: b\u0000\n", /control character/, 1, 5],
    ["{a:, b: 1}", /colon for a part of the name/, 1, 3],
    ["a: .inf\n", /number that no core takes/, 1, 4],
    ["a: !!int x\n", /no !!int/, 1, 10],
    ["a: [,,]\n", /, cannot follow another/, 1, 6],
    ["a: 1\nb\n", /implicit map keys/, 2, 1],
  ];
  for (const [text, message, line, column] of wrong)
    test(`says where ${JSON.stringify(text)} is wrong`, () => {
      const found = problem(text);
      assert.match(found.message, message);
      assert.deepEqual(positionAt(found.file, found.offset), { line, column });
    });

  describe("hostile text ends in a clear error", () => {
    const deep: readonly (readonly [string, string])[] = [
      ["[", "[".repeat(10_000)],
      ["[ closed", "[".repeat(10_000) + "]".repeat(10_000)],
      ["{a:", "{a: ".repeat(10_000)],
      ["-", "- ".repeat(10_000)],
      ["?", "? ".repeat(10_000)],
      ["indentation", Array.from({ length: 1500 }, (_, level) => `${" ".repeat(level)}a:\n`).join("")],
    ];
    for (const [name, text] of deep)
      test(`10,000 levels: ${name}`, () => assert.match(problem(text).message, /nested more than \d+ deep/));

    test("up to the limit, nesting is read", () => {
      const levels = 190;
      assert.equal(parse("[".repeat(levels) + "]".repeat(levels)).root.kind, "array");
      assert.equal(parse("- ".repeat(levels)).root.kind, "array");
      assert.equal(parse(`${"[a: ".repeat(levels)}1${"]".repeat(levels)}`).root.kind, "array");
    });

    test("aliases of aliases", () => {
      const lines = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]\n`);
      const found = problem(`a0: &a0 [x]\n${lines.join("")}`);
      assert.match(found.message, /stand for more than 1000000 values/);
      assert.equal(positionAt(found.file, found.offset).line > 5, true);
      const merges = Array.from({ length: 3000 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: *a${i}, k${i}: 1}\n`);
      assert.match(problem(`a0: &a0 {x: 1}\n${merges.join("")}`).message, /stand for more than/);
    });

    test("50 million characters, and a million signs", () => {
      assert.match(problem("a: 1\n".repeat(10_000_000)).message, /16 million characters is not read/);
      assert.match(problem("a: 1\n".repeat(1_000_000)).message, /so many values/);
      assert.equal(problem(`[${",".repeat(1_000_000)}`).offset, 2);
    });
  });
});
