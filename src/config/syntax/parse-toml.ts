import type { ConfigDocument } from "./document.ts";
import { ConfigNode, type NodeKind, type SourceFile } from "./node.ts";
import { TomlScanner } from "./parse-toml-scalars.ts";

const maxDepth = 1000;
/** At worst 1.6 GB of memory for a moment (many tiny tables). */
const maxLength = 16_000_000;
const none: ConfigNode[] = [];
const comma = 0x2c;
const dot = 0x2e;
const equals = 0x3d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** A part of a dotted name, with the table, list or value that it leads to. */
export interface TomlName {
  readonly node: ConfigNode;
  readonly start: number;
  readonly end: number;
}

/** `name = value`, on a line of a section or in an inline table; the last part of the name leads to the value. */
export interface TomlPair {
  readonly names: readonly TomlName[];
}

/** A header with the lines that follow it; the first one has no header and belongs to the root. */
export interface TomlSection {
  readonly table: ConfigNode;
  /** Where the header starts, and behind its closing bracket. */
  readonly start: number;
  readonly headerEnd: number;
  /** The parts of the header's name; the last one of `[[name]]` leads to the list. */
  readonly names: readonly TomlName[];
  readonly pairs: readonly TomlPair[];
}

/** How a TOML file is laid out, for who edits it. */
export interface TomlLayout {
  readonly root: ConfigNode;
  readonly sections: readonly TomlSection[];
  /** The pairs of each inline table. */
  readonly inline: ReadonlyMap<ConfigNode, readonly TomlPair[]>;
}

/**
 * Reads TOML as V2Ray 5 and Xray do (both with go-toml 1.9), which is TOML 1.0 with line breaks allowed in inline tables.
 * The place of a table or list that is not in brackets is from the first header or name that makes it to the end of all
 * that is in it; where such tables are interwoven, so are their places.
 *
 * A reader of our own, since the library that keeps places needs 1.2 GB for 10 MB, runs out of stack in long strings, and
 * refuses tables that the cores take.
 *
 * @throws SyntaxProblem where it is not TOML.
 */
export function parseToml(file: SourceFile): ConfigDocument {
  return { file, root: readTomlLayout(file).root, blemishes: [] };
}

/**
 * Reads TOML with its layout.
 *
 * @throws SyntaxProblem where it is not TOML.
 */
export function readTomlLayout(file: SourceFile): TomlLayout {
  return new TomlReader(file).readDocument();
}

/** A table that other names may still add to. */
class OpenTable {
  readonly node: ConfigNode;
  readonly members = new Map<string, OpenTable | OpenList | ConfigNode>();
  /** It has no text of its own, others' names make it. */
  implicit: boolean;

  constructor(node: ConfigNode, implicit: boolean) {
    this.node = node;
    this.implicit = implicit;
  }
}

/** A list of tables, whose headers each add one. */
class OpenList {
  readonly node: ConfigNode;
  last: OpenTable | undefined;

  constructor(node: ConfigNode) {
    this.node = node;
  }
}

/** A part of a dotted name as it stands in the text. */
interface NamePart {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A header that was read. */
interface Header {
  readonly table: OpenTable;
  readonly names: readonly TomlName[];
  readonly start: number;
  readonly end: number;
  /** The tables and lists that it stands in. */
  readonly around: readonly ConfigNode[];
}

class TomlReader {
  readonly #file: SourceFile;
  readonly #scanner: TomlScanner;
  readonly #inline = new Map<ConfigNode, TomlPair[]>();
  #depth = 0;

  constructor(file: SourceFile) {
    this.#file = file;
    this.#scanner = new TomlScanner(file);
  }

  readDocument(): TomlLayout {
    const scanner = this.#scanner;
    if (scanner.text.length > maxLength)
      scanner.fail(0, `a TOML file of more than ${maxLength / 1e6} million characters is not read; write it as JSON`);
    const root = new OpenTable(this.#node("object", undefined, 0, scanner.text.length, undefined, []), false);
    // Both cores skip a byte-order mark.
    if (scanner.text.charCodeAt(0) === 0xfeff) scanner.at = 1;
    const { at } = scanner;
    const sections = [this.#readSection({ table: root, names: [], start: at, end: at, around: [] })];
    while (scanner.at < scanner.text.length) sections.push(this.#readSection(this.#readHeader(root)));
    return { root: root.node, sections, inline: this.#inline };
  }

  /** Reads the lines of a table up to the next header or the end. */
  #readSection({ table, names, start, end, around }: Header): TomlSection {
    const scanner = this.#scanner;
    const pairs: TomlPair[] = [];
    let last = end;
    for (;;) {
      const code = scanner.skipBlank();
      if (Number.isNaN(code) || code === openBracket) break;
      pairs.push(this.#readPair(table));
      last = scanner.at;
      scanner.endLine();
    }
    for (const node of around) node.end = last;
    return { table: table.node, start, headerEnd: end, names, pairs };
  }

  #readHeader(root: OpenTable): Header {
    const scanner = this.#scanner;
    const start = scanner.at;
    const isItem = scanner.text.charCodeAt(start + 1) === openBracket;
    scanner.at += isItem ? 2 : 1;
    scanner.skipSpace();
    const parts = this.#readNames();
    for (const _ of isItem ? "]]" : "]") {
      if (scanner.text.charCodeAt(scanner.at) !== closeBracket) scanner.failExpecting("a closing bracket");
      scanner.at++;
    }
    const end = scanner.at;
    scanner.endLine();
    const names: TomlName[] = [];
    const last = parts.pop() as NamePart;
    let parent = root;
    const around: ConfigNode[] = [];
    for (const part of parts) {
      const { table, node } = this.#enter(parent, part, start);
      names.push({ node, start: part.start, end: part.end });
      around.push(node, table.node);
      parent = table;
    }
    const list = isItem ? this.#listAt(parent, last, start) : undefined;
    const table = list === undefined ? this.#define(parent, last, start) : this.#addItem(list, start);
    names.push({ node: list?.node ?? table.node, start: last.start, end: last.end });
    if (list !== undefined) around.push(list.node);
    around.push(table.node);
    this.#depth = around.length;
    return { table, names, start, end, around };
  }

  /** The table that a part of a name leads to, made where there is none; through a list, its last one. */
  #enter(parent: OpenTable, part: NamePart, start: number): { table: OpenTable; node: ConfigNode } {
    const found = parent.members.get(part.name);
    if (found instanceof ConfigNode) this.#scanner.fail(part.start, `${said(part)} is a value already, no table`);
    if (found instanceof OpenList) return { table: found.last as OpenTable, node: found.node };
    const table = found ?? new OpenTable(this.#add(parent, "object", part, start), true);
    parent.members.set(part.name, table);
    return { table, node: table.node };
  }

  #define(parent: OpenTable, part: NamePart, start: number): OpenTable {
    const found = parent.members.get(part.name);
    if (found === undefined) {
      const table = new OpenTable(this.#add(parent, "object", part, start), false);
      parent.members.set(part.name, table);
      return table;
    }
    if (found instanceof OpenTable && found.implicit) {
      found.implicit = false;
      return found;
    }
    this.#scanner.fail(part.start, `${said(part)} is there already`);
  }

  /** The list that a header adds an item to, made where there is none. */
  #listAt(parent: OpenTable, part: NamePart, start: number): OpenList {
    const found = parent.members.get(part.name);
    const list = found === undefined ? new OpenList(this.#add(parent, "array", part, start)) : listOf(found);
    if (list === undefined) this.#scanner.fail(part.start, `${said(part)} is there already, and no list of tables`);
    parent.members.set(part.name, list);
    return list;
  }

  #addItem(list: OpenList, start: number): OpenTable {
    list.last = new OpenTable(this.#node("object", undefined, start, start, undefined, []), false);
    list.node.children.push(list.last.node);
    return list.last;
  }

  /** Adds a table or list that is found under a name. */
  #add(parent: OpenTable, kind: NodeKind, part: NamePart, start: number): ConfigNode {
    const node = this.#node(kind, part, start, start, undefined, []);
    parent.node.children.push(node);
    return node;
  }

  #node(
    kind: NodeKind,
    part: NamePart | undefined,
    start: number,
    end: number,
    value: ConfigNode["value"],
    children: ConfigNode[],
  ): ConfigNode {
    return new ConfigNode(kind, this.#file, part?.name, part?.start ?? -1, start, end, value, children);
  }

  #readNames(): NamePart[] {
    const scanner = this.#scanner;
    const parts: NamePart[] = [];
    for (;;) {
      const start = scanner.at;
      const name = scanner.readName();
      parts.push({ name, start, end: scanner.at });
      if (parts.length > maxDepth) this.#failTooDeep(start);
      if (scanner.skipSpace() !== dot) return parts;
      scanner.at++;
      scanner.skipSpace();
    }
  }

  #readPair(table: OpenTable): TomlPair {
    const scanner = this.#scanner;
    const parts = this.#readNames();
    if (scanner.text.charCodeAt(scanner.at) !== equals) scanner.failExpecting('"="');
    scanner.at++;
    scanner.skipSpace();
    const last = parts.pop() as NamePart;
    this.#depth += parts.length;
    const names: TomlName[] = [];
    let parent = table;
    for (const part of parts) {
      const entered = this.#enter(parent, part, part.start);
      names.push({ node: entered.node, start: part.start, end: part.end });
      parent = entered.table;
    }
    if (parent.members.has(last.name)) scanner.fail(last.start, `${said(last)} stands twice in its table`);
    const value = this.#readValue(last);
    parent.members.set(last.name, value);
    parent.node.children.push(value);
    for (const { node } of names) node.end = value.end;
    this.#depth -= parts.length;
    names.push({ node: value, start: last.start, end: last.end });
    return { names };
  }

  #readValue(part: NamePart | undefined): ConfigNode {
    const scanner = this.#scanner;
    const start = scanner.at;
    const code = scanner.text.charCodeAt(start);
    if (code === openBracket) return this.#readArray(part);
    if (code === openBrace) return this.#readInlineTable(part);
    const isString = code === 0x22 || code === 0x27;
    const value = isString ? scanner.readString(true) : scanner.readWord();
    return this.#node(typeof value as NodeKind, part, start, scanner.at, value, none);
  }

  #readArray(part: NamePart | undefined): ConfigNode {
    const scanner = this.#scanner;
    const start = this.#open();
    const items: ConfigNode[] = [];
    while (scanner.skipBlank() !== closeBracket) {
      items.push(this.#readValue(undefined));
      const code = scanner.skipBlank();
      if (code === comma) scanner.at++;
      else if (code !== closeBracket) scanner.failExpecting("a comma or ]");
    }
    this.#close();
    return this.#node("array", part, start, scanner.at, undefined, items);
  }

  #readInlineTable(part: NamePart | undefined): ConfigNode {
    const scanner = this.#scanner;
    const start = this.#open();
    const node = this.#node("object", part, start, start, undefined, []);
    const table = new OpenTable(node, false);
    const pairs: TomlPair[] = [];
    if (scanner.skipBlank() !== closeBrace) {
      for (;;) {
        pairs.push(this.#readPair(table));
        const code = scanner.skipBlank();
        if (code === closeBrace) break;
        if (code !== comma) scanner.failExpecting("a comma or }");
        const place = scanner.at++;
        if (scanner.skipBlank() === closeBrace) scanner.fail(place, "no comma may stand before this }");
      }
    }
    this.#close();
    node.end = scanner.at;
    this.#inline.set(node, pairs);
    return node;
  }

  #open(): number {
    if (++this.#depth > maxDepth) this.#failTooDeep(this.#scanner.at);
    return this.#scanner.at++;
  }

  #close(): void {
    this.#depth--;
    this.#scanner.at++;
  }

  #failTooDeep(offset: number): never {
    this.#scanner.fail(offset, `values are nested more than ${maxDepth} deep here`);
  }
}

/** The list that a header may add a table to. */
function listOf(found: OpenTable | OpenList | ConfigNode): OpenList | undefined {
  if (found instanceof OpenList) return found;
  const isTables = found instanceof ConfigNode && found.kind === "array" && found.children.length > 0;
  return isTables && found.children.every(({ kind }) => kind === "object") ? new OpenList(found) : undefined;
}

function said({ name }: NamePart): string {
  return JSON.stringify(name);
}
