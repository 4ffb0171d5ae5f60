import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { memberAt } from "../../../../src/config/syntax/lookup.ts";
import type { ConfigNode } from "../../../../src/config/syntax/node.ts";
import { parseToml, readTomlLayout } from "../../../../src/config/syntax/parse-toml.ts";
import { positionAt } from "../../../../src/config/syntax/position.ts";
import { SyntaxProblem } from "../../../../src/config/syntax/syntax-problem.ts";
import { tomlTexts } from "../../../property/config-toml-text.ts";
import { plainOf } from "../../../support/plain-node.ts";

function parse(text: string): ConfigNode {
  const { root, blemishes } = parseToml({ name: "config.toml", text, format: "toml" });
  assert.deepEqual(blemishes, []);
  return root;
}

function plain(text: string): unknown {
  return plainOf(parse(text));
}

function problem(text: string): SyntaxProblem {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof SyntaxProblem, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `this was read: ${text}` });
}

function textOf(node: ConfigNode | undefined): string | undefined {
  return node?.file.text.slice(node.start, node.end);
}

describe("parseToml", () => {
  test("gives every name and value its place", () => {
    const text = `# a
policy.levels.0.statsUserUplink = true # b
[log]
loglevel = "warning"
[[inbounds]]
port = 1
[inbounds.settings]
clients = [ { id = 'x' }, # c
]
[[inbounds]]
[log.more]
`;
    const root = parse(text);
    assert.equal(textOf(root), text);
    assert.equal(textOf(memberAt(root, "policy")), "policy.levels.0.statsUserUplink = true");
    assert.equal(textOf(memberAt(root, "policy", "levels")), "levels.0.statsUserUplink = true");
    assert.equal(textOf(memberAt(root, "policy", "levels", "0", "statsUserUplink")), "true");
    assert.equal(textOf(memberAt(root, "log", "loglevel")), '"warning"');
    const inbounds = memberAt(root, "inbounds") as ConfigNode;
    assert.equal(inbounds.keyStart, text.indexOf("inbounds]]"));
    assert.equal(textOf(inbounds), text.slice(text.indexOf("[[inbounds]]"), text.indexOf("\n[log.more]")));
    const [first, second] = inbounds.children as [ConfigNode, ConfigNode];
    assert.equal(textOf(first), textOf(inbounds)?.slice(0, -"\n[[inbounds]]".length));
    assert.equal(textOf(second), "[[inbounds]]");
    const settings = memberAt(first, "settings") as ConfigNode;
    assert.equal(settings.keyStart, text.indexOf("settings"));
    assert.equal(textOf(settings), "[inbounds.settings]\nclients = [ { id = 'x' }, # c\n]");
    assert.equal(textOf(memberAt(settings, "clients")?.children[0]), "{ id = 'x' }");
    // A table that goes on below others covers them, too.
    assert.equal(textOf(memberAt(root, "log")), text.slice(text.indexOf("[log]"), -1));
  });

  test("gives places within those of the parent, from which the same can be read again", () => {
    const check = (node: ConfigNode): void => {
      const { start, end, children, kind } = node;
      if (kind !== "object" && kind !== "array") assert.deepEqual(plain(`a = ${textOf(node)}`), { a: node.value });
      for (const child of children) {
        assert.ok(start <= child.start && child.end <= end, textOf(node));
        check(child);
      }
    };
    fc.assert(
      fc.property(tomlTexts, (text) => {
        check(parse(text));
        const { sections, inline } = readTomlLayout({ name: "x", text, format: "toml" });
        for (const { names, pairs } of [...sections, ...[...inline.values()].map((own) => ({ names: [], pairs: own }))])
          for (const name of [...names, ...pairs.flatMap((pair) => pair.names)])
            assert.deepEqual(Object.keys(plain(`${text.slice(name.start, name.end)} = 1`) as object), [name.node.key]);
      }),
      { numRuns: 300 },
    );
  });

  const values: readonly (readonly [string, unknown])[] = [
    ["1_000", 1000],
    ["+1", 1],
    ["0x1F", 31],
    ["0o17", 15],
    ["0b11", 3],
    ["-2.5e-1", -0.25],
    ["true", true],
    ["1979-05-27 07:32:00Z", "1979-05-27T07:32:00Z"],
    ["1979-05-27T07:32:00.5-07:00", "1979-05-27T07:32:00.5-07:00"],
    ["07:32:00", "07:32:00"],
    ["'C:\\x'", "C:\\x"],
    ['"\\t\\"\\\\\\/\\u00e9\\U0001F600"', '\t"\\/é😀'],
    ['"\\ud83d"', "\ufffd"],
    ['"""\nx \\\n   y"""', "x y"],
    ['"""a "" b"""', 'a "" b'],
    ["'''\nx\ny'''", "x\ny"],
    ["[1, 'x', {b = 1}, ]", [1, "x", { b: 1 }]],
    ["[\n # c\n 1, # d\n [2]\n]", [1, [2]]],
    ["{b.c = 1, b.d = {}}", { b: { c: 1, d: {} } }],
    ["{\n b = 1, # c\n c = 2\n}", { b: 1, c: 2 }],
  ];
  for (const [text, value] of values)
    test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(plain(`a = ${text}\n`), { a: value }));

  const tables: readonly (readonly [string, unknown])[] = [
    ["", {}],
    ["# only", {}],
    ["a.b.c = 1\na.'b'.d = 2\n\"e f\" . g = 3", { a: { b: { c: 1, d: 2 } }, "e f": { g: 3 } }],
    ["[a.b]\nx = 1\n[ a ]\ny = 2\nb.z = 3", { a: { b: { x: 1, z: 3 }, y: 2 } }],
    [
      "[[r]]\na = 1\n[[r]]\na = 2\n[[r.s]]\nb = 1\n[r.t]\nc = 1",
      { r: [{ a: 1 }, { a: 2, s: [{ b: 1 }], t: { c: 1 } }] },
    ],
    ["r = [{a = 1}]\n[[r]]\na = 2", { r: [{ a: 1 }, { a: 2 }] }],
    ["a.b = 1\n[a.c]\nd = 1\n[a]\ne = 2", { a: { b: 1, c: { d: 1 }, e: 2 } }],
    ['1.2 = 3\n-_ = 4\n"" = 5', { 1: { 2: 3 }, "-_": 4, "": 5 }],
    ["\ufeffa = 1\r\nb = 2\rc = 3", { a: 1, b: 2, c: 3 }],
  ];
  for (const [text, value] of tables) test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(plain(text), value));

  test("__proto__ is a name like others", () => {
    assert.deepEqual(Object.keys(plain("[__proto__]\na = 1\n[constructor]\n__proto__.b = 1") as object), [
      "__proto__",
      "constructor",
    ]);
  });

  const wrong: readonly (readonly [string, RegExp, number, number])[] = [
    ["a = 1\na = 2", /"a" stands twice/, 2, 1],
    ["a.b = 1\na.b.c = 2", /"b" is a value already/, 2, 3],
    ["a = {b = 1}\na.c = 2", /"a" is a value already/, 2, 1],
    ["a = {b = 1, b = 2}", /"b" stands twice/, 1, 13],
    ["[a]\n[a]", /"a" is there already/, 2, 2],
    ["[a]\n[[a]]", /no list of tables/, 2, 3],
    ["[[a]]\n[a]", /"a" is there already/, 2, 2],
    ["r = []\n[[r]]", /no list of tables/, 2, 3],
    ["a = {b = 1,}", /no comma may stand/, 1, 11],
    ["a = [1 2]", /a comma or \] should stand here, not "2"/, 1, 8],
    ["a = [1", /the text ends where a comma or \]/, 1, 7],
    ["a = 1 b = 2", /the end of the line should stand here, not "b"/, 1, 7],
    ["a b = 1", /"=" should stand here, not "b"/, 1, 3],
    ["a", /the text ends where "=" should stand/, 1, 2],
    ["a =\nb = 1", /the line ends where a value should stand/, 1, 4],
    ["a = yes", /a value should stand here, not "yes"/, 1, 5],
    ["a = 017", /not "017"/, 1, 5],
    ["a = inf", /no core takes/, 1, 5],
    ["a = 1e999", /no core takes/, 1, 5],
    ["ä = 1", /a name should stand here/, 1, 1],
    ["[a", /the text ends where a closing bracket/, 1, 3],
    ["[[a]\n", /the line ends where a closing bracket/, 1, 5],
    ["a = 'x\n'", /not closed on its line/, 1, 5],
    ['a = "x\n"', /not closed on its line/, 1, 5],
    ['a = """x\n', /not closed/, 1, 5],
    ['a = "\\e"', /escape that TOML does not know: \\e/, 1, 5],
    ['a = "x\u0001"', /control character/, 1, 7],
  ];
  for (const [text, message, line, column] of wrong)
    test(`says where ${JSON.stringify(text)} is wrong`, () => {
      const found = problem(text);
      assert.match(found.message, message);
      assert.deepEqual(positionAt(found.file, found.offset), { line, column });
    });

  describe("hostile text ends in a clear error", () => {
    const deep: readonly (readonly [string, string])[] = [
      ["[", `a = ${"[".repeat(10_000)}`],
      ["{", `a = ${"{a = ".repeat(10_000)}`],
      ["dots", `a${".a".repeat(10_000)} = 1`],
      ["a header", `[a${".a".repeat(10_000)}]`],
    ];
    for (const [name, text] of deep)
      test(`10,000 levels: ${name}`, () => assert.match(problem(text).message, /nested more than 1000 deep/));

    test("up to the limit, nesting is read", () => {
      assert.equal(parse(`a = ${"[".repeat(1000)}${"]".repeat(1000)}`).children.length, 1);
    });

    test("50 million characters", () => {
      assert.match(problem("[a]\n".repeat(12_500_000)).message, /16 million characters is not read/);
      assert.equal(parse("[[a]]\n".repeat(500_000)).children[0]?.children.length, 500_000);
    });
  });
});
