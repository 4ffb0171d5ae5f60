import type { ConfigNode, SourceFile } from "../syntax/node.ts";
import { readTomlLayout, type TomlName, type TomlPair, type TomlSection } from "../syntax/parse-toml.ts";

/** A pair with the section or inline table it stands in. */
export interface PlacedPair {
  readonly pair: TomlPair;
  readonly owner: TomlSection | ConfigNode;
}

/** Finds what stands where in a TOML file: the text is read again, as nodes say too little. */
export class TomlIndex {
  readonly root: ConfigNode;
  readonly sections: readonly TomlSection[];
  /** The pairs of each inline table. */
  readonly inline: ReadonlyMap<ConfigNode, readonly TomlPair[]>;
  readonly #order: ReadonlyMap<TomlSection, number>;
  readonly #nodes = new Map<string, ConfigNode>();
  readonly #parents = new Map<ConfigNode, ConfigNode>();
  readonly #pairsOf = new Map<ConfigNode, PlacedPair[]>();
  readonly #ownSections = new Map<ConfigNode, TomlSection>();
  readonly #sectionsOf = new Map<ConfigNode, TomlSection[]>();

  constructor(file: SourceFile) {
    const { root, sections, inline } = readTomlLayout(file);
    this.root = root;
    this.sections = sections;
    this.inline = inline;
    this.#order = new Map(sections.map((section, index) => [section, index]));
    this.#addNodes(root);
    for (const section of sections) {
      this.#ownSections.set(section.table, section);
      for (let at: ConfigNode | undefined = section.table; at !== undefined; at = this.#parents.get(at))
        addTo(this.#sectionsOf, at, section);
      for (const pair of section.pairs) this.#addPair(pair, section);
    }
    for (const [table, pairs] of inline) for (const pair of pairs) this.#addPair(pair, table);
  }

  #addNodes(node: ConfigNode): void {
    this.#nodes.set(placeOf(node), node);
    for (const child of node.children) {
      this.#parents.set(child, node);
      this.#addNodes(child);
    }
  }

  #addPair(pair: TomlPair, owner: PlacedPair["owner"]): void {
    for (const { node } of pair.names) addTo(this.#pairsOf, node, { pair, owner });
  }

  /** The node of this tree at the place of one of another. */
  find(node: ConfigNode): ConfigNode {
    // The root starts where the item of a first header does; but that header starts no child of the item.
    const isRoot = node.keyStart < 0 && node.start === 0 && node.children.some(({ start }) => start === 0);
    return (isRoot ? undefined : this.#nodes.get(placeOf(node))) ?? this.root;
  }

  /** Whether a table or list stands between brackets. */
  isInline(node: ConfigNode): boolean {
    return node.kind === "array" ? node.keyStart < node.start : this.inline.has(node);
  }

  parentOf(node: ConfigNode): ConfigNode | undefined {
    return this.#parents.get(node);
  }

  /** The pairs in whose names a value or table is; without those of the values in it. */
  pairsOf(node: ConfigNode): readonly PlacedPair[] {
    return this.#pairsOf.get(node) ?? [];
  }

  /** How many nodes a node stands in. */
  depthOf(node: ConfigNode): number {
    let depth = 0;
    for (let at = this.#parents.get(node); at !== undefined; at = this.#parents.get(at)) depth++;
    return depth;
  }

  /** Whether a node or what it stands in is one of some. */
  isWithin(node: ConfigNode, nodes: ReadonlySet<ConfigNode>): boolean {
    for (let at: ConfigNode | undefined = node; at !== undefined; at = this.#parents.get(at))
      if (nodes.has(at)) return true;
    return false;
  }

  /** Whether a value stands behind a name of its own, and nowhere else. */
  isPlainValue(node: ConfigNode): boolean {
    const hasPair = this.pairsOf(node).some(({ pair }) => pair.names.at(-1)?.node === node);
    return hasPair && this.sectionsOf(node).length === 0;
  }

  get lastSection(): TomlSection {
    return this.sections.at(-1) as TomlSection;
  }

  /** The section that a header of a table's own starts; for the root the first lines. */
  ownSection(table: ConfigNode): TomlSection | undefined {
    return this.#ownSections.get(table);
  }

  /** The sections of a table or list and of all in it, in the order of the text. */
  sectionsOf(node: ConfigNode): readonly TomlSection[] {
    return this.#sectionsOf.get(node) ?? [];
  }

  /** The last of the sections of a table that follow one another from its first one on. */
  lastOfRun(table: ConfigNode): TomlSection {
    const [first] = this.sectionsOf(table) as [TomlSection];
    const own = new Set(this.sectionsOf(table));
    let index = this.#order.get(first) as number;
    while (own.has(this.sections[index + 1] as TomlSection)) index++;
    return this.sections[index] as TomlSection;
  }
}

/** Where a part of a name is that leads to a node. */
export function nameOf(names: readonly TomlName[], node: ConfigNode): TomlName | undefined {
  return names.find((name) => name.node === node);
}

function placeOf({ kind, start, keyStart }: ConfigNode): string {
  return `${kind} ${start} ${keyStart}`;
}

/** Adds to the list under a key. */
export function addTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
