import { type Alias, type Document, isAlias, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from "yaml";
import { ConfigNode, type NodeKind, type SourceFile } from "./node.ts";
import { setYamlRemainder, type YamlCopy } from "./parse-yaml-remainder.ts";
import { type GoYaml, resolveWord } from "./parse-yaml-scalar.ts";
import { SyntaxProblem } from "./syntax-problem.ts";

/** The cores' own limit is about 400,000. */
const maxCopied = 1_000_000;
const none: ConfigNode[] = [];

/** The value of a document with its places, and with the values that its aliases stand for. */
export function buildYamlNodes(file: SourceFile, document: Document.Parsed, version: GoYaml): ConfigNode {
  return new NodeBuilder(file, version).build(document);
}

class NodeBuilder {
  readonly #file: SourceFile;
  readonly #version: GoYaml;
  /** What each name stands for; undefined while that is being read. */
  readonly #anchors = new Map<string, ConfigNode | undefined>();
  readonly #copies: YamlCopy[] = [];
  readonly #repeated = new Set<ConfigNode>();
  #copied = 0;

  constructor(file: SourceFile, version: GoYaml) {
    this.#file = file;
    this.#version = version;
  }

  build({ contents, range }: Document.Parsed): ConfigNode {
    const root = contents === null ? undefined : this.#value(contents, undefined, -1);
    setYamlRemainder(this.#file, { copies: this.#copies, repeated: this.#repeated });
    if (root !== undefined && root.kind !== "null") return root;
    // Both cores take an empty document for {}.
    const start = root?.start ?? range[2];
    return this.#node("object", undefined, -1, start, root?.end ?? start, undefined, []);
  }

  #fail(offset: number, reason: string): never {
    throw new SyntaxProblem(this.#file, offset, reason);
  }

  #node(
    kind: NodeKind,
    key: string | undefined,
    keyStart: number,
    start: number,
    end: number,
    value: ConfigNode["value"],
    children: ConfigNode[],
  ): ConfigNode {
    return new ConfigNode(kind, this.#file, key, keyStart, start, end, value, children);
  }

  #value(node: ParsedNode, key: string | undefined, keyStart: number): ConfigNode {
    if (isAlias(node)) {
      const [start, end] = node.range;
      const source = this.#sourceOf(node);
      const copy = this.#copy(source, key, keyStart, start, end);
      this.#copies.push({ kind: "alias", start, end, values: [copy], sources: [source], winners: [] });
      return copy;
    }
    // While it is read it may not stand for a part of itself.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined);
    const value = this.#ownValue(node, key, keyStart);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, value);
    return value;
  }

  #ownValue(node: Exclude<ParsedNode, Alias.Parsed>, key: string | undefined, keyStart: number): ConfigNode {
    const [start, end] = node.range;
    if (isScalar(node)) {
      const value = this.#scalar(node);
      const kind = value === null ? "null" : (typeof value as NodeKind);
      const place = start === end ? this.#behindSign(start) : undefined;
      return this.#node(kind, key, keyStart, place ?? start, place ?? this.#endOfScalar(node), value, none);
    }
    if (isSeq<ParsedNode>(node)) {
      const items = node.items.map((item) => this.#value(item, undefined, -1));
      const last = node.flow ? end : (items.at(-1)?.end ?? end);
      return this.#node("array", key, keyStart, start, last, undefined, items);
    }
    const { members, last } = this.#members(node);
    return this.#node("object", key, keyStart, start, node.flow ? end : last, undefined, members);
  }

  /** The members, and where the last one in the text ends. */
  #members(node: YAMLMap.Parsed): { members: ConfigNode[]; last: number } {
    const members = new Map<string, ConfigNode>();
    const written = new Set<string>();
    const merges: YamlCopy[] = [];
    let last = node.range[0];
    for (const { key, value } of node.items) {
      const [start, end] = key.range;
      if (isMerge(key)) {
        const merge = this.#merge(value, start);
        merges.push(merge);
        last = merge.end;
        // Xray's reader lets what is taken in win over what stands before it.
        if (this.#version === 2) for (const member of merge.values) this.#put(members, member, written);
        continue;
      }
      const name = this.#name(key);
      if (written.has(name) && this.#version === 3) this.#failTwice(name, start);
      const member =
        value === null ? this.#node("null", name, start, end, end, null, none) : this.#value(value, name, start);
      this.#put(members, member, written);
      written.add(name);
      last = member.end;
    }
    if (this.#version === 3) {
      if (merges[1] !== undefined) this.#failTwice("<<", merges[1].start);
      for (const member of merges[0]?.values ?? [])
        if (!written.has(member.key as string)) this.#put(members, member, written);
    }
    for (const merge of merges) {
      const winners = merge.values.map((value) => members.get(value.key as string) as ConfigNode);
      const values = merge.values.filter((value, index) => winners[index] === value);
      this.#copies.push({
        ...merge,
        values,
        winners: winners.filter((winner, index) => winner !== merge.values[index]),
      });
    }
    return { members: [...members.values()], last };
  }

  #put(members: Map<string, ConfigNode>, member: ConfigNode, written: ReadonlySet<string>): void {
    const name = member.key as string;
    if (written.has(name)) this.#repeated.add(member);
    members.delete(name);
    members.set(name, member);
  }

  #failTwice(name: string, start: number): never {
    this.#fail(start, `${JSON.stringify(name)} stands twice in this object`);
  }

  #name(key: ParsedNode): string {
    const [start, end] = key.range;
    if (start === end) this.#fail(start, "a name is missing here");
    if (isScalar(key) && key.type === "PLAIN" && /^:[,[\]{}]/.test(this.#file.text.slice(end, end + 2)))
      this.#fail(end, "V2Ray and Xray take this colon for a part of the name; write a blank behind it");
    const named = isAlias(key) ? this.#sourceOf(key) : isScalar(key) ? this.#value(key, undefined, -1) : undefined;
    if (named?.value === undefined) this.#fail(start, "a list or an object cannot be a name");
    if (named.value === null && this.#version === 2) this.#fail(start, "Xray takes no null for a name");
    return String(named.value);
  }

  #merge(value: ParsedNode | null, start: number): YamlCopy {
    const sources: ConfigNode[] = [];
    const values = new Map<string, ConfigNode>();
    const taken = value !== null && isSeq<ParsedNode>(value) ? value.items : [value];
    // Of a list, the first object that has a name wins.
    for (const each of taken.toReversed()) {
      const object =
        each === null ? undefined : isAlias(each) ? this.#sourceOf(each) : this.#value(each, undefined, -1);
      if (object?.kind !== "object") this.#fail(start, "<< takes an object or a list of objects");
      const range = each?.range as ParsedNode["range"];
      sources.push(object);
      for (const child of object.children)
        values.set(
          child.key as string,
          isAlias(each) ? this.#copy(child, child.key, child.keyStart, range[0], range[1]) : child,
        );
    }
    return { kind: "merge", start, end: value?.range[1] ?? start, values: [...values.values()], sources, winners: [] };
  }

  #sourceOf(alias: Alias.Parsed): ConfigNode {
    const [start] = alias.range;
    const source = this.#anchors.get(alias.source);
    if (source !== undefined) return source;
    const isOpen = this.#anchors.has(alias.source);
    this.#fail(start, isOpen ? `*${alias.source} contains itself` : `nothing before this is called &${alias.source}`);
  }

  #copy(node: ConfigNode, key: string | undefined, keyStart: number, start: number, end: number): ConfigNode {
    if (++this.#copied > maxCopied) this.#fail(start, `the aliases up to here stand for more than ${maxCopied} values`);
    const children = node.children.map((child) => this.#copy(child, child.key, child.keyStart, start, end));
    return this.#node(node.kind, key, keyStart, start, end, node.value, children);
  }

  /** Where an empty value stands: right behind its colon, dash, anchor or tag. */
  #behindSign(offset: number): number {
    const from = Math.max(0, offset - 1000);
    const before = this.#file.text.slice(from, offset);
    const property = /(?<=^|[\s,[{:])[&!]\S*(?=(?:\s|#[^\n]*\n)*$)/.exec(before);
    return property === null ? from + before.trimEnd().length : from + property.index + property[0].length;
  }

  #endOfScalar({ type, range: [, end] }: Scalar.Parsed): number {
    if (type !== "BLOCK_LITERAL" && type !== "BLOCK_FOLDED") return end;
    const { text } = this.#file;
    const content = text[end - 1] === "\n" ? end - 1 : end;
    return text[content - 1] === "\r" ? content - 1 : content;
  }

  #scalar(node: Scalar.Parsed): string | number | boolean | null {
    const { type, tag, range } = node;
    const text = node.value as string;
    if (type === "QUOTE_DOUBLE") this.#checkEscapes(range[0], range[1]);
    const kind = tag?.replace(/^tag:yaml\.org,2002:/, "!!");
    if (kind === "!!binary") return Buffer.from(text, "base64").toString();
    const isTyped = /^!!(?:null|bool|int|float|timestamp)$/.test(kind ?? "");
    const isPlain = type === "PLAIN" && (kind === undefined || (kind === "!" && this.#version === 3));
    if (!isTyped && !isPlain) return text;
    const value = resolveWord(text, this.#version);
    if (typeof value === "number" && !Number.isFinite(value))
      this.#fail(range[0], `${text} is a number that no core takes`);
    if (isTyped && !fitsTag(value, kind as string)) this.#fail(range[0], `this is no ${kind}`);
    return value;
  }

  /** Go knows the escapes of YAML 1.1 only. */
  #checkEscapes(start: number, end: number): void {
    for (const match of this.#file.text.slice(start, end).matchAll(/\\(?:u[dD][89a-fA-F]|[\s\S])/g)) {
      const place = start + match.index;
      if (match[0] === "\\/") this.#fail(place, "V2Ray and Xray know no \\/ in YAML; write / alone");
      if (match[0].length > 2) this.#fail(place, "V2Ray and Xray know no halves of characters in YAML; write it whole");
    }
  }
}

function isMerge(key: ParsedNode): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.value === "<<";
}

function fitsTag(value: string | number | boolean | null, tag: string): boolean {
  if (tag === "!!null") return value === null;
  if (tag === "!!bool") return typeof value === "boolean";
  if (tag === "!!timestamp") return typeof value === "string";
  return typeof value === "number" && (tag === "!!float" || Number.isInteger(value));
}
