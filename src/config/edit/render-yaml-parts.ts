import type { ConfigNode, SourceFile } from "../syntax/node.ts";
import { type YamlCopy, yamlRemainderOf } from "../syntax/parse-yaml-remainder.ts";
import type { ContainerChange } from "./config-editor.ts";
import type { PlainValue } from "./plain-value.ts";
import { startWithProperties } from "./render-yaml-text.ts";

/** A member, an item, or a `<<` with what it takes in, as it stands in the text of its object or list. */
export interface Part {
  /** Where it starts, with its name and what belongs to it, but without a dash. */
  readonly start: number;
  readonly end: number;
  /** Absent for a `<<`. */
  readonly node: ConfigNode | undefined;
}

/** Finds the parts of the objects and lists of a file. */
export class PartFinder {
  readonly #text: string;
  readonly #merges: readonly YamlCopy[];
  readonly #merged: ReadonlySet<ConfigNode>;

  constructor(file: SourceFile) {
    this.#text = file.text;
    const merges = yamlRemainderOf(file).copies.filter(({ kind }) => kind === "merge");
    this.#merges = merges.toSorted((a, b) => a.start - b.start);
    this.#merged = new Set(merges.flatMap(({ values }) => values));
  }

  /** In the order of the text; without children that stand elsewhere, as those of a container made of several. */
  partsOf(node: ConfigNode): Part[] {
    const parts: Part[] = [];
    for (const child of node.children) {
      const stands = child.file === node.file && child.start >= node.start && child.end <= node.end;
      if (!stands || this.#merged.has(child)) continue;
      const start = startWithProperties(this.#text, child.keyStart >= 0 ? child.keyStart : child.start);
      parts.push({ start, end: child.end, node: child });
    }
    const merges = node.kind === "object" ? this.#mergesIn(node, parts) : [];
    return merges.length === 0 ? parts : [...parts, ...merges].toSorted((a, b) => a.start - b.start);
  }

  #mergesIn(node: ConfigNode, parts: readonly Part[]): Part[] {
    let low = 0;
    for (let high = this.#merges.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#merges[middle] as YamlCopy).start < node.start) low = middle + 1;
      else high = middle;
    }
    const found: Part[] = [];
    for (let i = low; i < this.#merges.length; i++) {
      const { start, end } = this.#merges[i] as YamlCopy;
      if (start >= node.end) break;
      if (!parts.some((part) => part.start <= start && end <= part.end)) found.push({ start, end, node: undefined });
    }
    return found;
  }
}

/** Whether a change takes a part out. */
export function isGone({ node }: Part, { removed }: ContainerChange): boolean {
  return node !== undefined && removed.has(node);
}

/** New items by the part before which they go; those behind all parts apart. */
export interface PlacedItems {
  readonly before: ReadonlyMap<Part, readonly string[]>;
  readonly behind: readonly string[];
}

/** Finds the places of new items. What would go before a part that is taken out goes before the next. */
export function placeItems(
  parts: readonly Part[],
  change: ContainerChange,
  write: (value: PlainValue) => string,
): PlacedItems {
  const before = new Map<Part, string[]>();
  const behind: string[] = [];
  for (const { index, value } of change.items.toSorted((a, b) => a.index - b.index)) {
    const next = parts.slice(index).find((part) => !isGone(part, change));
    const list = next === undefined ? behind : (before.get(next) ?? []);
    list.push(write(value));
    if (next !== undefined) before.set(next, list);
  }
  return { before, behind };
}
