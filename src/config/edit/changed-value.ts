import type { ConfigNode } from "../syntax/node.ts";
import type { ContainerChange, FileChanges } from "./config-editor.ts";
import type { PlainValue } from "./plain-value.ts";

/** Says what values become by changes, for text that has to be written anew. */
export class ChangedValues {
  readonly #containers: ReadonlyMap<ConfigNode, ContainerChange>;
  readonly #replaced: ReadonlyMap<ConfigNode, PlainValue>;
  readonly #renamed: ReadonlyMap<ConfigNode, string>;

  constructor({ containers, replaced, renamed }: FileChanges) {
    this.#containers = new Map(containers.map((change) => [change.node, change]));
    this.#replaced = new Map(replaced.map(({ node, value }) => [node, value]));
    this.#renamed = new Map(renamed.map(({ node, key }) => [node, key]));
  }

  /** The name of a member after the changes. */
  keyOf(node: ConfigNode): string {
    return this.#renamed.get(node) ?? (node.key as string);
  }

  /** The value of a node after the changes. */
  valueOf(node: ConfigNode): PlainValue {
    const replaced = this.#replaced.get(node);
    if (replaced !== undefined) return replaced;
    const { kind, children, value } = node;
    if (kind !== "object" && kind !== "array") return value as PlainValue;
    const change = this.#containers.get(node);
    const isKept = (child: ConfigNode): boolean => change === undefined || !change.removed.has(child);
    if (kind === "object") {
      const own = children
        .filter(isKept)
        .map((child): [string, PlainValue] => [this.keyOf(child), this.valueOf(child)]);
      return Object.fromEntries([...own, ...(change?.members ?? [])]);
    }
    const newAt = (index: number): PlainValue[] =>
      (change?.items ?? []).filter((item) => Math.min(item.index, children.length) === index).map((item) => item.value);
    const own = children.flatMap((child, index) => [...newAt(index), ...(isKept(child) ? [this.valueOf(child)] : [])]);
    return [...own, ...newAt(children.length)];
  }
}
