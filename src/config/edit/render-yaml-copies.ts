import type { ConfigNode } from "../syntax/node.ts";
import { type YamlCopy, type YamlRemainder, yamlRemainderOf } from "../syntax/parse-yaml-remainder.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import { ChangedValues } from "./changed-value.ts";
import type { FileChanges } from "./config-editor.ts";
import type { PlainValue } from "./plain-value.ts";

/** An alias, or a `<<` with what it takes in, that is to be written out. */
export interface WrittenCopy {
  readonly copy: YamlCopy;
  /** The values it stands for with their changes; for an alias one without a name. */
  readonly values: readonly (readonly [key: string | undefined, value: PlainValue])[];
}

/** What to do in a file: the changes of what stands in the text, and the copies to write out. */
export interface SeparatedChanges {
  readonly changes: FileChanges;
  readonly written: readonly WrittenCopy[];
}

/**
 * Separates changes of what stands in the text from those of what an alias or `<<` stands for, which must be written out
 * for it. The same goes for the aliases of a value that changes: they keep the old one.
 */
export function separateCopies(changes: FileChanges): SeparatedChanges {
  const remainder = yamlRemainderOf(changes.file);
  const { copies, repeated } = remainder;
  return copies.length + repeated.size === 0 ? { changes, written: [] } : new Separator(changes, remainder).separate();
}

interface Span {
  readonly start: number;
  readonly end: number;
}

class Separator {
  readonly #changes: FileChanges;
  readonly #copies: readonly YamlCopy[];
  readonly #repeated: YamlRemainder["repeated"];
  readonly #copyOf = new Map<ConfigNode, YamlCopy>();
  readonly #values: ChangedValues;
  readonly #removed: ReadonlySet<ConfigNode>;

  constructor(changes: FileChanges, { copies, repeated }: YamlRemainder) {
    this.#changes = changes;
    this.#repeated = repeated;
    this.#copies = copies;
    this.#values = new ChangedValues(changes);
    this.#removed = new Set(changes.containers.flatMap(({ removed }) => [...removed]));
    // An outer copy comes behind those within it.
    for (const copy of copies) for (const value of copy.values) this.#assign(value, copy);
  }

  #assign(node: ConfigNode, copy: YamlCopy): void {
    this.#copyOf.set(node, copy);
    for (const child of node.children) this.#assign(child, copy);
  }

  separate(): SeparatedChanges {
    const { file, containers, replaced, renamed } = this.#changes;
    const changed = new Set<YamlCopy>();
    const inText = <T extends { readonly node: ConfigNode }>(each: T, isInside: boolean): boolean => {
      const copy = this.#copyThatHolds(each.node, isInside);
      if (copy !== undefined) changed.add(copy);
      return copy === undefined;
    };
    const ownContainers = containers.flatMap((change) => {
      if (!inText(change, true)) return [];
      const removed = new Set([...change.removed].filter((node) => inText({ node }, false)));
      return [{ ...change, removed }];
    });
    const ownReplaced = replaced.filter((each) => inText(each, false));
    const ownRenamed = renamed.filter((each) => inText(each, false));

    const nameless = new Set([...this.#removed, ...renamed.map(({ node }) => node)]);
    for (const copy of this.#copiesBelow(nameless)) changed.add(copy);

    const gone: Span[] = [
      ...ownReplaced.map(({ node }) => node),
      ...ownContainers.flatMap(({ removed }) => [...removed]),
    ];
    const names = ownRenamed.map(({ node }) => ({ start: node.keyStart, end: node.keyStart }));
    const altered = [...gone, ...names, ...changed];
    const grown = ownContainers.filter(({ members, items }) => members.size + items.length > 0).map(({ node }) => node);
    const loses = new Map<ConfigNode, boolean>();
    const losesSource = (source: ConfigNode): boolean => {
      let answer = loses.get(source);
      answer ??= altered.some((span) => overlaps(span, source)) || grown.some((span) => contains(source, span));
      loses.set(source, answer);
      return answer;
    };
    const touched = this.#copies.filter((copy) => changed.has(copy) || copy.sources.some(losesSource));
    const written = outermost(gone, touched);
    return {
      changes: { file, containers: ownContainers, replaced: ownReplaced, renamed: ownRenamed },
      written: written.map((copy) => ({ copy, values: this.#valuesOf(copy) })),
    };
  }

  /** Where a name goes, a `<<` that takes in a member of that name must not give it back. */
  #copiesBelow(nodes: ReadonlySet<ConfigNode>): YamlCopy[] {
    for (const node of nodes) {
      if (!this.#repeated.has(node)) continue;
      const reason = `${JSON.stringify(node.key)} stands twice in this object; take one out before it is edited`;
      throw new SyntaxProblem(node.file, node.keyStart, reason);
    }
    return this.#copies.filter(({ winners }) => winners.some((winner) => nodes.has(winner)));
  }

  /** The copy that must be written out to change a node, or what is inside of it. */
  #copyThatHolds(node: ConfigNode, isInside: boolean): YamlCopy | undefined {
    const copy = this.#copyOf.get(node);
    if (copy === undefined) {
      const isCopy = node.file.text[node.start] === "*" && this.#copies.some((each) => contains(each, node));
      if (!isCopy) return undefined;
      const reason = "this alias stands for what other values were merged with; write it out before it is edited";
      throw new SyntaxProblem(node.file, node.start, reason);
    }
    // The alias itself stands in the text.
    return copy.kind === "alias" && copy.values[0] === node && !isInside ? undefined : copy;
  }

  #valuesOf(copy: YamlCopy): [string | undefined, PlainValue][] {
    if (copy.kind === "alias") return copy.values.map((value) => [undefined, this.#values.valueOf(value)]);
    return copy.values
      .filter((value) => !this.#removed.has(value))
      .map((value) => [this.#values.keyOf(value), this.#values.valueOf(value)]);
  }
}

/** The copies that are not within others or within what goes. */
function outermost(gone: readonly Span[], copies: readonly YamlCopy[]): YamlCopy[] {
  const kept: YamlCopy[] = [];
  const spans = [...gone.map((span) => ({ span, copy: undefined })), ...copies.map((copy) => ({ span: copy, copy }))];
  let end = -1;
  for (const { span, copy } of spans.toSorted((a, b) => a.span.start - b.span.start || b.span.end - a.span.end)) {
    if (span.end <= end) continue;
    end = span.end;
    if (copy !== undefined) kept.push(copy);
  }
  return kept;
}

/** Also where they only touch, as a value may be empty. */
function overlaps(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end;
}

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
