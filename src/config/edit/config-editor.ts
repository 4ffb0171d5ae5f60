import type { ConfigDocument } from "../syntax/document.ts";
import { member } from "../syntax/lookup.ts";
import type { ConfigFormat, ConfigNode, SourceFile } from "../syntax/node.ts";
import { inFile, parentInFile } from "./in-file.ts";
import { isPlainObject, type PlainObject, type PlainValue } from "./plain-value.ts";
import { renderJson } from "./render-json.ts";
import { renderToml } from "./render-toml.ts";
import { renderYaml } from "./render-yaml.ts";
import type { TextEdit } from "./text-edit.ts";

/** An item to put into an array, before the item that has `index` now. */
export interface NewItem {
  readonly index: number;
  readonly value: PlainValue;
}

/** All changes of one object or array. */
export interface ContainerChange {
  readonly node: ConfigNode;
  /** Members to add at the end of an object, in this order. */
  readonly members: Map<string, PlainValue>;
  /** Items to add to an array; those of one index in this order. */
  readonly items: NewItem[];
  /** Children to take out. */
  readonly removed: Set<ConfigNode>;
}

/** All changes of one file, for a renderer. None lies within a value that is replaced or removed. */
export interface FileChanges {
  readonly file: SourceFile;
  readonly containers: readonly ContainerChange[];
  readonly replaced: readonly { readonly node: ConfigNode; readonly value: PlainValue }[];
  readonly renamed: readonly { readonly node: ConfigNode; readonly key: string }[];
}

const renderers: Readonly<Record<ConfigFormat, (changes: FileChanges) => TextEdit[]>> = {
  json: renderJson,
  yaml: renderYaml,
  toml: renderToml,
};

/**
 * Collects changes of configuration files, and makes text edits of them that leave all other text as it is: comments,
 * order, indentation, spelling and line ends.
 */
export class ConfigEditor {
  readonly #containers = new Map<ConfigNode, ContainerChange>();
  readonly #replaced = new Map<ConfigNode, PlainValue>();
  readonly #renamed = new Map<ConfigNode, string>();
  readonly #documents: readonly ConfigDocument[];
  readonly #cuts: { readonly file: SourceFile; readonly edit: TextEdit }[] = [];

  /** @param documents - The files as written: what merging made of them is found there again. */
  constructor(documents: readonly ConfigDocument[] = []) {
    this.#documents = documents;
  }

  /**
   * Gives the member at the end of `path` a value. Members on the way that are missing (or null) are made; those that
   * are there are found without case and keep their spelling.
   */
  set(object: ConfigNode, path: readonly [string, ...string[]], value: PlainValue): void {
    if (object.kind !== "object") throw new RangeError("only an object has members to set");
    const [name, ...rest] = path;
    const found = member(object, name);
    const [next, ...further] = rest;
    if (found === undefined) {
      const { members } = this.#container(inFile(this.#documents, object));
      members.set(name, deepSet(members.get(name), rest, value));
    } else if (next === undefined || found.kind !== "object") {
      this.#replaced.set(found, deepSet(this.#replaced.get(found), rest, value));
    } else this.set(found, [next, ...further], value);
  }

  /** Puts an item into an array, before the one that has `index` now; at the end for the array's length. */
  insert(array: ConfigNode, index: number, value: PlainValue): void {
    const written = inFile(this.#documents, array);
    // In a list that merging made only its beginning and its end are where they seem.
    const place = written === array || index === 0 ? index : written.children.length;
    this.#container(written).items.push({ index: place, value });
  }

  /** Puts another value in the place of one. */
  replace(node: ConfigNode, value: PlainValue): void {
    this.#replaced.set(node, value);
  }

  /** Takes a member out of an object, or an item out of an array. */
  remove(parent: ConfigNode, child: ConfigNode): void {
    const written = inFile(this.#documents, child);
    this.#container(parentInFile(this.#documents, written) ?? parent).removed.add(written);
  }

  /** Gives a member another name. */
  rename(node: ConfigNode, key: string): void {
    this.#renamed.set(node, key);
  }

  /** Takes out text that is no value, as a comma too many. */
  cut(file: SourceFile, start: number, end: number): void {
    this.#cuts.push({ file, edit: { start, end, text: "" } });
  }

  /** The edits of each changed file. */
  edits(): Map<SourceFile, TextEdit[]> {
    const byFile = Map.groupBy(
      [...this.#containers.keys(), ...this.#replaced.keys(), ...this.#renamed.keys()],
      (node) => node.file,
    );
    const edits = new Map<SourceFile, TextEdit[]>();
    for (const file of byFile.keys()) {
      const made = renderers[file.format]({
        file,
        containers: [...this.#containers.values()].filter(({ node }) => node.file === file),
        replaced: Array.from(this.#replaced, ([node, value]) => ({ node, value })).filter(
          ({ node }) => node.file === file,
        ),
        renamed: Array.from(this.#renamed, ([node, key]) => ({ node, key })).filter(({ node }) => node.file === file),
      });
      if (made.length > 0) edits.set(file, made);
    }
    for (const { file, edit } of this.#cuts) edits.set(file, [...(edits.get(file) ?? []), edit]);
    return edits;
  }

  #container(node: ConfigNode): ContainerChange {
    let change = this.#containers.get(node);
    if (change === undefined) {
      change = { node, members: new Map(), items: [], removed: new Set() };
      this.#containers.set(node, change);
    }
    return change;
  }
}

/** `value` put at the end of `path` into what is there already. */
function deepSet(there: PlainValue | undefined, path: readonly string[], value: PlainValue): PlainValue {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const base: PlainObject = isPlainObject(there) ? there : {};
  // A computed key is an own property even when it is __proto__.
  return { ...base, [name]: deepSet(Object.hasOwn(base, name) ? base[name] : undefined, rest, value) };
}
