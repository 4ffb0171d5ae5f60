import type { ConfigNode } from "../syntax/node.ts";
import type { TomlName, TomlSection } from "../syntax/parse-toml.ts";
import { ChangedValues } from "./changed-value.ts";
import type { ContainerChange, FileChanges } from "./config-editor.ts";
import { isPlainObject, type PlainValue } from "./plain-value.ts";
import { nameOf, TomlIndex } from "./render-toml-index.ts";
import { TomlSketch } from "./render-toml-sketch.ts";
import {
  fitsHeader,
  writeSections,
  writeTable,
  writeTomlKey,
  writeTomlPair,
  writeTomlValue,
} from "./render-toml-values.ts";
import type { TextEdit } from "./text-edit.ts";

/**
 * The edits of a TOML file: lines in the sections there are, new sections behind them, inline what stands inline.
 *
 * @throws RangeError for null, which TOML has not.
 */
export function renderToml(changes: FileChanges): TextEdit[] {
  const index = new TomlIndex(changes.file);
  return new TomlRenderer(index, writeMixedLists(index, inTree(index, changes))).render();
}

/** The changes for the nodes of the index. */
function inTree(index: TomlIndex, { file, containers, replaced, renamed }: FileChanges): FileChanges {
  return {
    file,
    containers: containers.map(({ node, members, items, removed }) => {
      // A container made of several files holds children that stand elsewhere.
      const own = (children: Iterable<ConfigNode>): ConfigNode[] =>
        [...children].filter((child) => child.file === file);
      return {
        node: index.find(node),
        members,
        items: items.map((item) => ({ ...item, index: own(node.children.slice(0, item.index)).length })),
        removed: new Set(own(removed).map((child) => index.find(child))),
      };
    }),
    replaced: replaced.map(({ node, value }) => ({ node: index.find(node), value })),
    renamed: renamed.map(({ node, key }) => ({ node: index.find(node), key })),
  };
}

/** A list of sections can hold tables only: with anything else in it, it is written anew. */
function writeMixedLists(index: TomlIndex, changes: FileChanges): FileChanges {
  const { file, containers, replaced, renamed } = changes;
  const added = containers.flatMap(({ node, items }) => items.map(({ value }) => ({ list: node, value })));
  const put = replaced.map(({ node, value }) => ({ list: index.parentOf(node), value }));
  const mixed = new Set<ConfigNode>();
  for (const { list, value } of [...added, ...put])
    if (list?.kind === "array" && !index.isInline(list) && !isPlainObject(value)) mixed.add(list);
  if (mixed.size === 0) return changes;
  const isApart = ({ node }: { readonly node: ConfigNode }): boolean => !index.isWithin(node, mixed);
  const values = new ChangedValues(changes);
  return {
    file,
    containers: containers.filter(isApart),
    replaced: [
      ...replaced.filter(isApart),
      ...[...mixed]
        .filter((node) => isOutermost(index, node, mixed))
        .map((node) => ({ node, value: values.valueOf(node) })),
    ],
    renamed: renamed.filter(({ node }) => mixed.has(node) || isApart({ node })),
  };
}

function isOutermost(index: TomlIndex, node: ConfigNode, nodes: ReadonlySet<ConfigNode>): boolean {
  const parent = index.parentOf(node);
  return parent === undefined || !index.isWithin(parent, nodes);
}

class TomlRenderer {
  readonly #text: string;
  readonly #index: TomlIndex;
  readonly #changes: FileChanges;
  readonly #sketch: TomlSketch;
  readonly #newKeys: ReadonlyMap<ConfigNode, string>;
  readonly #hasLooseHeaders: boolean;

  constructor(index: TomlIndex, changes: FileChanges) {
    this.#text = changes.file.text;
    this.#index = index;
    this.#changes = changes;
    this.#sketch = new TomlSketch(changes.file.text, index);
    this.#newKeys = new Map(changes.renamed.map(({ node, key }) => [node, key]));
    this.#hasLooseHeaders = index.sections.some(({ names, start, headerEnd }) => {
      const name = names.map((part) => this.#text.slice(part.start, part.end)).join(".");
      return names.length > 0 && !this.#text.slice(start, headerEnd).includes(`[${name}]`);
    });
  }

  render(): TextEdit[] {
    const { containers, replaced } = this.#changes;
    for (const { removed } of containers) for (const child of removed) this.#sketch.remove(child);
    for (const { node, value } of replaced) this.#replace(node, value);
    // What comes into a list's last item comes before a further item.
    const depths = new Map(containers.map(({ node }) => [node, this.#index.depthOf(node)]));
    const deepestFirst = containers.toSorted((a, b) => (depths.get(b.node) ?? 0) - (depths.get(a.node) ?? 0));
    for (const change of deepestFirst) {
      for (const [key, value] of change.members) this.#addMember(change.node, key, value);
      this.#addItems(change);
      this.#keepEmpty(change);
    }
    for (const [node, key] of this.#newKeys) this.#sketch.rename(node, writeTomlKey(key));
    return this.#sketch.edits();
  }

  #replace(node: ConfigNode, value: PlainValue): void {
    const parent = this.#index.parentOf(node) as ConfigNode;
    const isItem = parent.kind === "array";
    const section = this.#index.ownSection(node);
    const isValue = isItem ? section === undefined : this.#index.isPlainValue(node);
    if (isValue) {
      this.#sketch.put(node, writeTomlValue(value));
      return;
    }
    this.#sketch.remove(node);
    if (isItem && section !== undefined) this.#sketch.putInstead(section, this.#item(parent, value));
    else this.#addMember(parent, this.#keyOf(node), value);
  }

  #addMember(table: ConfigNode, key: string, value: PlainValue): void {
    if (this.#index.isInline(table)) {
      this.#sketch.addInline(table, writeTomlPair(key, value));
      return;
    }
    const own = this.#index.ownSection(table);
    if (own === undefined && this.#index.pairsOf(table).length > 0) {
      this.#addByName(table, `.${writeTomlPair(key, value)}`);
      return;
    }
    const isRoot = table === this.#index.root;
    const isEmpty = isPlainObject(value) && Object.keys(value).length === 0;
    const sections = isEmpty && !isRoot ? undefined : this.#sections(table, key, value);
    if (sections === undefined && own !== undefined) this.#sketch.addLine(own, writeTomlPair(key, value));
    else if (sections === undefined) this.#sketch.addHeader(table, this.#pathOf(table), writeTomlPair(key, value));
    else this.#sketch.addBehind(isRoot ? this.#index.lastSection : this.#index.lastOfRun(table), sections);
  }

  /** Adds a line that begins with the name of a table, where that stands in a dotted one. */
  #addByName(table: ConfigNode, rest: string): void {
    const places = this.#index.pairsOf(table);
    const { pair, owner } = places.at(-1) as (typeof places)[number];
    const line = this.#pathIn(pair.names, table) + rest;
    if ("pairs" in owner) this.#sketch.addLineBehind(pair, line);
    else this.#sketch.addInline(owner, line);
  }

  #addItems({ node, items, removed }: ContainerChange): void {
    const { children } = node;
    for (const { index, value } of items.toSorted((a, b) => a.index - b.index)) {
      const next = children.slice(index).find((child) => !removed.has(child));
      const section = this.#index.ownSection((next ?? children.at(-1) ?? node) as ConfigNode);
      if (section === undefined) this.#sketch.addItem(node, next, value);
      else if (next !== undefined) this.#sketch.addBefore(section, this.#item(node, value));
      else this.#sketch.addBehind(this.#index.lastOfRun(children.at(-1) as ConfigNode), this.#item(node, value));
    }
  }

  /** What stands only in the names of its members would be gone with them. */
  #keepEmpty({ node, members, items, removed }: ContainerChange): void {
    const { children } = node;
    const isEmptied =
      members.size + items.length === 0 && children.length > 0 && children.every((child) => removed.has(child));
    if (!isEmptied || this.#index.isInline(node) || this.#index.ownSection(node) !== undefined) return;
    if (this.#index.pairsOf(node).length > 0) this.#addByName(node, " = {}");
    else this.#addMember(this.#index.parentOf(node) as ConfigNode, this.#keyOf(node), node.kind === "array" ? [] : {});
  }

  #item(list: ConfigNode, value: PlainValue): string[] {
    const path = this.#pathOf(list);
    // Mixed lists are written anew, so it is a table.
    return isPlainObject(value) ? writeTable(`[[${path}]]`, path, value, this.#sketch.eol) : [];
  }

  /** Sections for a new member; `undefined` where it takes a line. */
  #sections(table: ConfigNode, key: string, value: PlainValue): string[] | undefined {
    // The cores' reader takes `[[ a ]]` and `[a.b]` for strangers, and would find the latter twice.
    const isLoose = table !== this.#index.root && this.#hasLooseHeaders;
    if (!fitsHeader(key) || isLoose) return undefined;
    const path = table === this.#index.root ? "" : `${this.#pathOf(table)}.`;
    return writeSections(path + writeTomlKey(key), value, this.#sketch.eol);
  }

  /** The name of a table or list as headers spell it. */
  #pathOf(node: ConfigNode): string {
    const own = this.#index.ownSection(node);
    const [first] = this.#index.sectionsOf(node) as readonly [TomlSection];
    return own === undefined ? this.#pathIn(first.names, node) : this.#pathIn(own.names, undefined);
  }

  /** Names up to that of a node, or all. */
  #pathIn(names: readonly TomlName[], node: ConfigNode | undefined): string {
    const last = node === undefined ? undefined : nameOf(names, node);
    const parts = last === undefined ? names : names.slice(0, names.indexOf(last) + 1);
    return parts.map((part) => this.#spelling(part)).join(".");
  }

  #spelling({ node, start, end }: TomlName): string {
    const key = this.#newKeys.get(node);
    return key === undefined ? this.#text.slice(start, end) : writeTomlKey(key);
  }

  #keyOf(node: ConfigNode): string {
    return this.#newKeys.get(node) ?? (node.key as string);
  }
}
