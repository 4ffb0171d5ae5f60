import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigEditor } from "../../src/config/edit/config-editor.ts";
import { isPlainObject, type PlainValue } from "../../src/config/edit/plain-value.ts";
import { applyEdits, invertEdits } from "../../src/config/edit/text-edit.ts";
import type { ConfigNode } from "../../src/config/syntax/node.ts";
import { parseJson } from "../../src/config/syntax/parse-json.ts";
import { plainOf } from "../support/plain-node.ts";

const key = fc.oneof(fc.constantFrom("stats", "a", "b", "__proto__", "0", 'q"\\'), fc.string({ maxLength: 5 }));
const scalar = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec<{ value: PlainValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    // Keys that differ in case alone are one key to the editor.
    fc
      .uniqueArray(fc.tuple(key, tie("value")), { maxLength: 4, selector: ([name]) => name.toLowerCase() })
      .map((members) => Object.fromEntries(members)),
  ),
}));
const root = fc
  .uniqueArray(fc.tuple(key, value), { maxLength: 5, selector: ([name]) => name.toLowerCase() })
  .map((members) => Object.fromEntries(members) as PlainValue);

/** Blank and comments, each with a mark of its own so that none can be lost unseen. */
function blanks(seeds: readonly number[], eol: string): () => string {
  let at = 0;
  return () => {
    const seed = seeds[at++ % seeds.length] as number;
    const kinds = ["", " ", eol, `${eol}    `, "\t", `/* m${at} */`, ` // m${at}${eol}`, `# m${at}${eol}\t`];
    return kinds[seed % kinds.length] as string;
  };
}

function write(node: PlainValue, blank: () => string): string {
  if (typeof node !== "object" || node === null) return JSON.stringify(node);
  const wrap = (open: string, parts: readonly string[], close: string): string =>
    `${open}${blank()}${parts.map((part) => `${part}${blank()}`).join(`,${blank()}`)}${close}`;
  if (!isPlainObject(node))
    return wrap(
      "[",
      node.map((each) => write(each, blank)),
      "]",
    );
  const members = Object.entries(node).map(
    ([name, each]) => `${JSON.stringify(name)}${blank()}:${blank()}${write(each, blank)}`,
  );
  return wrap("{", members, "}");
}

const text = fc
  .tuple(root, fc.array(fc.nat(50), { minLength: 1, maxLength: 30 }), fc.constantFrom("\n", "\r\n"), fc.nat(3))
  .map(([plain, seeds, eol, style]) => {
    if (style === 0) return JSON.stringify(plain);
    if (style === 1) return `${JSON.stringify(plain, null, 2).replaceAll("\n", eol)}${eol}`;
    return write(plain, blanks(seeds, eol));
  });

function containersOf(node: ConfigNode): ConfigNode[] {
  const inside = node.children.flatMap(containersOf);
  return node.kind === "object" || node.kind === "array" ? [node, ...inside] : inside;
}

interface Step {
  readonly kind: number;
  readonly pick: number;
  readonly key: string;
  readonly value: PlainValue;
}

const steps = fc.array(fc.record({ kind: fc.nat(3), pick: fc.nat(1000), key, value }), { minLength: 1, maxLength: 6 });

/** Makes the same changes with the editor and on plain values; answers with the text and what it should hold. */
function change(before: string, plan: readonly Step[]): { edits: ReturnType<ConfigEditor["edits"]>; want: PlainValue } {
  const tree = parseJson({ name: "x", text: before, format: "json" }).root;
  const editor = new ConfigEditor();
  const removed = new Set<ConfigNode>();
  const replaced = new Map<ConfigNode, PlainValue>();
  const added = new Map<ConfigNode, Map<string, PlainValue>>();
  const items = new Map<ConfigNode, { index: number; value: PlainValue }[]>();
  const touched = (node: ConfigNode): boolean =>
    removed.has(node) ||
    replaced.has(node) ||
    node.children.some((child) => touched(child)) ||
    added.has(node) ||
    items.has(node);
  for (const step of plan) {
    const gone = (node: ConfigNode): boolean =>
      [...removed, ...replaced.keys()].some((each) => each.start <= node.start && node.end <= each.end);
    const containers = containersOf(tree).filter((node) => !gone(node));
    const node = containers[step.pick % containers.length];
    if (node === undefined) break;
    const child = node.children[step.pick % Math.max(1, node.children.length)];
    if (step.kind === 0 && node.kind === "object") {
      const found = node.children.find((each) => each.key?.toLowerCase() === step.key.toLowerCase());
      if (found !== undefined) continue;
      editor.set(node, [step.key], step.value);
      const known = added.get(node) ?? new Map<string, PlainValue>();
      added.set(node, known.set(step.key, step.value));
    } else if (step.kind === 1 && node.kind === "array") {
      const index = step.pick % (node.children.length + 1);
      editor.insert(node, index, step.value);
      items.set(node, [...(items.get(node) ?? []), { index, value: step.value }]);
    } else if (step.kind === 2 && child !== undefined && !touched(child)) {
      editor.remove(node, child);
      removed.add(child);
    } else if (step.kind === 3 && child !== undefined && !touched(child)) {
      editor.replace(child, step.value);
      replaced.set(child, step.value);
    }
  }
  const wanted = (node: ConfigNode): PlainValue => {
    const other = replaced.get(node);
    if (other !== undefined) return other;
    if (node.kind === "object") {
      const kept = node.children.filter((child) => !removed.has(child)).map((child) => [child.key, wanted(child)]);
      return Object.fromEntries([...kept, ...(added.get(node) ?? [])]);
    }
    if (node.kind !== "array") return plainOf(node);
    const list: PlainValue[] = [];
    const put = (index: number): void => {
      for (const item of items.get(node) ?? []) if (item.index === index) list.push(item.value);
    };
    node.children.forEach((child, index) => {
      put(index);
      if (!removed.has(child)) list.push(wanted(child));
    });
    put(node.children.length);
    return list;
  };
  return { edits: editor.edits(), want: wanted(tree) };
}

test("an edited JSON file holds what was asked for, and going back gives the file as it was", () => {
  fc.assert(
    fc.property(text, steps, (before, plan) => {
      const { edits, want } = change(before, plan);
      const [own = []] = edits.values();
      const after = applyEdits(before, own);
      const { root: tree, blemishes } = parseJson({ name: "x", text: after, format: "json" });
      assert.deepEqual(plainOf(tree), want);
      assert.deepEqual(blemishes, []);
      assert.equal(applyEdits(after, invertEdits(before, own)), before);
      if (before.includes("\r\n")) assert.doesNotMatch(after, /[^\r]\n/);
    }),
    { numRuns: 3000 },
  );
});

test("what is only added leaves all other text as it was", () => {
  fc.assert(
    fc.property(text, steps, (before, plan) => {
      const { edits } = change(
        before,
        plan.map((step) => ({ ...step, kind: step.kind % 2 })),
      );
      const [own = []] = edits.values();
      // Only blank may go: that before a bracket which moves to a line of its own.
      for (const edit of own) assert.match(before.slice(edit.start, edit.end), /^\s*$/);
    }),
    { numRuns: 1000 },
  );
});
