import fc from "fast-check";
import { ConfigEditor } from "../../src/config/edit/config-editor.ts";
import type { PlainValue } from "../../src/config/edit/plain-value.ts";
import type { TextEdit } from "../../src/config/edit/text-edit.ts";
import { member } from "../../src/config/syntax/lookup.ts";
import type { ConfigNode } from "../../src/config/syntax/node.ts";

/** A change of some node of a tree that is not known yet. */
export interface Operation {
  readonly kind: "set" | "insert" | "replace" | "remove" | "rename";
  /** Chooses the node. */
  readonly pick: number;
  readonly path: readonly [string, ...string[]];
  readonly value: PlainValue;
}

/** Values as they are put into configurations. */
export function plainValues(texts: readonly string[], nulls: boolean): fc.Arbitrary<PlainValue> {
  const simple = fc.oneof(
    fc.constantFrom<PlainValue[]>(true, false, 0, 1, -2.5, 10085, ...texts),
    fc.string({ unit: "binary", maxLength: 4 }).filter((text) => text.isWellFormed()),
    ...(nulls ? [fc.constant(null)] : []),
  );
  const names = fc.constantFrom("name", "0", "x y", "__proto__", "yes", "listen", 'a"b', "1.5", "ü");
  return fc.letrec<{ value: PlainValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      { weight: 3, arbitrary: simple },
      { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 3 }) },
      {
        weight: 2,
        arbitrary: fc
          .uniqueArray(fc.tuple(names, tie("value")), { maxLength: 3, selector: ([name]) => name })
          .map((members): PlainValue => Object.fromEntries(members)),
      },
    ),
  })).value;
}

/** Some operations. */
export function operations(values: fc.Arbitrary<PlainValue>): fc.Arbitrary<Operation[]> {
  const name = fc.constantFrom("a", "b", "levels", "0", "new", "x y", "Policy");
  const operation = fc.record({
    kind: fc.constantFrom("set", "set", "insert", "insert", "replace", "remove", "rename"),
    pick: fc.nat(),
    path: fc
      .tuple(name)
      .chain(([first]) => fc.array(name, { maxLength: 2 }).map((rest): [string, ...string[]] => [first, ...rest])),
    value: values,
  });
  return fc.array(operation, { minLength: 1, maxLength: 6 });
}

/** The value of a tree, with objects without prototype. */
export function plainOf(node: ConfigNode): unknown {
  return new ExpectedTree().plain(node);
}

/** Carries operations to an editor, and to a tree of its own that says what must come out. */
export class ExpectedTree {
  readonly editor: ConfigEditor = new ConfigEditor();
  /** What goes from the text, with names. */
  readonly gone: { readonly start: number; readonly end: number }[] = [];
  readonly #replaced = new Map<ConfigNode, unknown>();
  readonly #removed = new Set<ConfigNode>();
  readonly #renamed = new Map<ConfigNode, string>();
  readonly #added = new Map<ConfigNode, Map<string, unknown>>();
  readonly #items = new Map<ConfigNode, { index: number; value: unknown }[]>();
  readonly #touched = new Set<ConfigNode>();

  /** Does those of the operations that can be done together. */
  carryOut(root: ConfigNode, wanted: readonly Operation[]): void {
    const parents = new Map<ConfigNode, ConfigNode>();
    const nodes = collect(root, parents);
    for (const [index, operation] of wanted.entries()) {
      const node = nodes[operation.pick % nodes.length] as ConfigNode;
      if (this.#isWithinGone(node, parents)) continue;
      this.#carryOut(operation, node, parents, `new name ${index}`);
    }
  }

  #carryOut(operation: Operation, node: ConfigNode, parents: ReadonlyMap<ConfigNode, ConfigNode>, name: string): void {
    const { kind, value, path, pick } = operation;
    const parent = parents.get(node);
    const isWhole = parent !== undefined && !this.#holdsTouched(node);
    if (kind === "set" && node.kind === "object") this.#set(node, path, value);
    else if (kind === "insert" && node.kind === "array") {
      const index = (pick >> 3) % (node.children.length + 1);
      this.editor.insert(node, index, value);
      this.#items.set(node, [...(this.#items.get(node) ?? []), { index, value }]);
      this.#touched.add(node);
      this.#rewrite(node, value);
    } else if (kind === "replace" && isWhole) {
      this.editor.replace(node, value);
      this.#replaced.set(node, value);
      this.#leave(node, node.start);
      this.#rewrite(parent, value);
    } else if (kind === "remove" && isWhole && !this.#renamed.has(node)) {
      this.editor.remove(parent, node);
      this.#removed.add(node);
      this.#touched.add(parent);
      this.#leave(node, startOf(node));
    } else if (kind === "rename" && node.key !== undefined) {
      this.editor.rename(node, name);
      this.#renamed.set(node, name);
      this.#touched.add(node);
      this.gone.push({ start: node.keyStart, end: node.keyStart });
    }
  }

  #set(object: ConfigNode, path: readonly [string, ...string[]], value: PlainValue): void {
    let target = object;
    for (const [index, name] of path.entries()) {
      const found = member(target, name);
      const rest = path.slice(index + 1);
      if (found !== undefined && (this.#removed.has(found) || this.#renamed.has(found))) return;
      if (found === undefined) {
        const added = this.#added.get(target) ?? new Map<string, unknown>();
        added.set(name, deepSet(added.get(name), rest, value));
        this.#added.set(target, added);
        this.#touched.add(target);
        break;
      }
      if (rest.length === 0 || found.kind !== "object" || this.#replaced.has(found)) {
        if (this.#holdsTouched(found)) return;
        // A replaced object is left alone: the editor would look into the old one.
        if (this.#replaced.has(found) && found.kind === "object" && rest.length > 0) return;
        this.#replaced.set(found, deepSet(this.#replaced.get(found), rest, value));
        this.#leave(found, found.start);
        break;
      }
      target = found;
    }
    this.editor.set(object, path, value);
  }

  /** What stands below a TOML header is not within the place of its table. */
  #leave(node: ConfigNode, start: number): void {
    this.gone.push({ start, end: node.end });
    for (const child of node.children) this.#leave(child, startOf(child));
  }

  /** A list of TOML sections is written anew where something else than a table comes in. */
  #rewrite(list: ConfigNode, value: PlainValue): void {
    const isSections = list.kind === "array" && list.keyStart > list.start;
    const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
    if (isSections && !isTable) this.#leave(list, list.start);
  }

  #isWithinGone(node: ConfigNode, parents: ReadonlyMap<ConfigNode, ConfigNode>): boolean {
    for (let at: ConfigNode | undefined = node; at !== undefined; at = parents.get(at))
      if (this.#replaced.has(at) || this.#removed.has(at)) return true;
    return false;
  }

  #holdsTouched(node: ConfigNode): boolean {
    if (this.#touched.has(node) || this.#replaced.has(node) || this.#removed.has(node)) return true;
    return node.children.some((child) => this.#holdsTouched(child));
  }

  /** The value of a node after the operations, with objects without prototype. */
  plain(node: ConfigNode): unknown {
    if (this.#replaced.has(node)) return bare(this.#replaced.get(node));
    const kept = node.children.filter((child) => !this.#removed.has(child));
    if (node.kind === "object") {
      const result = Object.create(null) as Record<string, unknown>;
      for (const child of kept) result[this.#renamed.get(child) ?? (child.key as string)] = this.plain(child);
      for (const [key, value] of this.#added.get(node) ?? []) result[key] = bare(value);
      return result;
    }
    if (node.kind !== "array") return node.value;
    const items = this.#items.get(node) ?? [];
    const at = (index: number): unknown[] =>
      items.filter((item) => item.index === index).map(({ value }) => bare(value));
    const own = node.children.flatMap((child, index) => [
      ...at(index),
      ...(this.#removed.has(child) ? [] : [this.plain(child)]),
    ]);
    return [...own, ...at(node.children.length)];
  }
}

/** Where a member or item starts, with its name, or its dash and what stands between. */
function startOf(node: ConfigNode): number {
  if (node.keyStart >= 0) return node.keyStart;
  const dash = /-(?:\s|# c\d+;|[&!]\S*)*$/.exec(node.file.text.slice(0, node.start));
  return dash?.index ?? node.start;
}

function deepSet(there: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const base = typeof there === "object" && there !== null && !Array.isArray(there) ? there : {};
  const before = Object.getOwnPropertyDescriptor(base, name)?.value;
  return Object.fromEntries([
    ...Object.entries(base).filter(([key]) => key !== name),
    [name, deepSet(before, rest, value)],
  ]);
}

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, each] of Object.entries(value)) result[key] = bare(each);
  return result;
}

function collect(root: ConfigNode, parents: Map<ConfigNode, ConfigNode>): ConfigNode[] {
  const nodes = [root];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as ConfigNode;
    for (const child of node.children) {
      parents.set(child, node);
      nodes.push(child);
    }
  }
  return nodes;
}

/** The comments (`# cN;`) of a text that edits take out though they stand in nothing that goes. */
export function lostComments(text: string, edits: readonly TextEdit[], gone: ExpectedTree["gone"]): string[] {
  return [...text.matchAll(/# c\d+;/g)].flatMap(({ 0: comment, index }) => {
    const isCut = edits.some(({ start, end }) => start <= index && index < end);
    const isGone = gone.some(({ start, end }) => start <= index && index < end);
    return isCut && !isGone ? [comment] : [];
  });
}
