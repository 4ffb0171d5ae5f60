import { ConfigEditor } from "../edit/config-editor.ts";
import type { PlainValue } from "../edit/plain-value.ts";
import type { TextEdit } from "../edit/text-edit.ts";
import type { ConfigModel } from "../model/config-model.ts";
import { member } from "../syntax/lookup.ts";
import type { ConfigNode, SourceFile } from "../syntax/node.ts";
import { pathsOf } from "../syntax/path.ts";
import type { EnableNote } from "./enable-options.ts";
import { homeOf } from "./home-of.ts";
import { refuse } from "./refuse.ts";

/** Names and indexes that lead from a value to one inside of it. */
export type Steps = readonly (string | number)[];

/** Names from the root down to a block. */
export type BlockPath = readonly [string, ...string[]];

interface Remark {
  readonly node: ConfigNode;
  readonly steps: Steps;
  readonly reason: string;
}

/** Collects what is to be changed and what is left, each with its reason. */
export class Changes {
  readonly #model: ConfigModel;
  readonly #editor: ConfigEditor;
  readonly #made: Remark[] = [];
  readonly #left: Remark[] = [];

  constructor(model: ConfigModel) {
    this.#model = model;
    this.#editor = new ConfigEditor(model.documents);
  }

  /**
   * Gives what stands at a path from the root a value. A block that is missing goes into the file that fits best.
   *
   * @throws ConfigError where something on the way is neither an object nor missing.
   */
  setAt(path: BlockPath, value: PlainValue, reason: string): void {
    this.setAllAt(path.slice(0, -1), [path.at(-1) as string], value, reason);
  }

  /** Gives several members of the object at a path from the root one value. */
  setAllAt(path: readonly string[], names: readonly string[], value: PlainValue, reason: string): void {
    this.#expectObjects(path);
    const [block = names[0] as string] = path;
    const root = member(this.#model.root, block) === undefined ? homeOf(this.#model, block) : this.#model.root;
    for (const name of names) this.#put(root, [...path, name], value);
    this.#made.push({ node: root, steps: [...path, ...(names.length === 1 ? names : [])], reason });
  }

  /** Gives a member of an object a value. */
  set(object: ConfigNode, path: BlockPath, value: PlainValue, reason: string): void {
    this.#put(object, path, value);
    this.#made.push({ node: object, steps: path, reason });
  }

  /** Puts an item before all others of a list. */
  prepend(list: ConfigNode, value: PlainValue, reason: string): void {
    this.#editor.insert(list, 0, value);
    this.#made.push({ node: list, steps: [0], reason });
  }

  /** Puts items at the end of a list. */
  append(list: ConfigNode, values: readonly PlainValue[], reason: string): void {
    for (const value of values) this.#editor.insert(list, list.children.length, value);
    this.#made.push({ node: list, steps: values.length === 1 ? [list.children.length] : [], reason });
  }

  /** Puts another value in the place of one. */
  replace(node: ConfigNode, value: PlainValue, reason: string): void {
    this.#editor.replace(node, value);
    this.#made.push({ node, steps: [], reason });
  }

  /** Takes a child out of what it stands in. */
  remove(parent: ConfigNode, child: ConfigNode, reason: string): void {
    this.#editor.remove(parent, child);
    this.#made.push({ node: child, steps: [], reason });
  }

  /** Says what is not touched. */
  leave(node: ConfigNode, reason: string): void {
    this.#left.push({ node, steps: [], reason });
  }

  /** The edits of each file that changes. */
  edits(): Map<SourceFile, TextEdit[]> {
    return this.#editor.edits();
  }

  /** All that was changed and left, in the order in which it was said. */
  notes(): { readonly changes: EnableNote[]; readonly untouched: EnableNote[] } {
    const paths = pathsOf(this.#model.root, new Set([...this.#made, ...this.#left].map(({ node }) => node)));
    const noteOf = ({ node, steps, reason }: Remark): EnableNote => {
      return { file: node.file.name, path: joinPath(paths.get(node) ?? "", steps), reason };
    };
    return { changes: this.#made.map(noteOf), untouched: this.#left.map(noteOf) };
  }

  /** What is there is found in the merged tree; what is not is added to the file. */
  #put(from: ConfigNode, path: readonly string[], value: PlainValue): void {
    let object = from;
    let depth = 0;
    let found = member(object, path[depth] as string);
    while (found?.kind === "object" && depth < path.length - 1) {
      object = found;
      found = member(object, path[++depth] as string);
    }
    this.#editor.set(object, path.slice(depth) as unknown as BlockPath, value);
  }

  #expectObjects(path: readonly string[]): void {
    let node: ConfigNode | undefined = this.#model.root;
    for (const name of path) {
      node = member(node, name);
      if (node === undefined || node.kind === "null") return;
      if (node.kind !== "object") refuse(node, `${JSON.stringify(name)} is no object, so no core reads it`);
    }
  }
}

/** A path as `policy.levels["0"]`, made longer. */
function joinPath(base: string, steps: Steps): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(step)) return `${path}[${JSON.stringify(step)}]`;
    return path === "" ? step : `${path}.${step}`;
  }, base);
}
