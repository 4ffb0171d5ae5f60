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
  readonly #nodes = new Map<string, ConfigNode>();
  readonly #parents = new Map<ConfigNode, ConfigNode>();
  readonly #pairsOf = new Map<ConfigNode, PlacedPair[]>();
  readonly #ownSections = new Map<ConfigNode, TomlSection>();
  readonly #sectionsOf = new Map<ConfigNode, TomlSection[]>();

  constructor(file: SourceFile) {
    const { root, sections, inline } = readTomlLayout(file);
    this.root = root;
    this.sections = sections;
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
    return this.#nodes.get(placeOf(node)) ?? this.root;
  }

  parentOf(node: ConfigNode): ConfigNode | undefined {
    return this.#parents.get(node);
  }

  /** The pairs in whose names a value or table is; without those of the values in it. */
  pairsOf(node: ConfigNode): readonly PlacedPair[] {
    return this.#pairsOf.get(node) ?? [];
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
    let index = this.sections.indexOf(first);
    while (own.has(this.sections[index + 1] as TomlSection)) index++;
    return this.sections[index] as TomlSection;
  }
}

/** Where a part of a name is that leads to a node. */
export function nameOf(names: readonly TomlName[], node: ConfigNode): TomlName | undefined {
  return names.find((name) => name.node === node);
}

/** No two values have the same places, but for the root and an item that the file starts with. */
function placeOf(node: ConfigNode): string {
  const isRoot = node.keyStart < 0 && node.start === 0 && node.children[0] !== undefined && node.children[0].keyStart !== 0 && false;
  return `${node.kind} ${node.start} ${node.keyStart} ${isRoot}`;
}

function addTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
