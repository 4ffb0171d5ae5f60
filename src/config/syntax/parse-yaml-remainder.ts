import type { ConfigNode, SourceFile } from "./node.ts";

/**
 * A place where `*name` stands in a YAML text, alone or as what `<<` takes in: the values there are copies, and stand
 * elsewhere.
 */
export interface YamlCopy {
  readonly kind: "alias" | "merge";
  /** Of the alias; for a merge, from `<<` to the end of what it takes in. */
  readonly start: number;
  readonly end: number;
  /** The value; for a merge the members, without those that others win over. */
  readonly values: readonly ConfigNode[];
  /** What the names stand for; for a merge all that it takes in. */
  readonly sources: readonly ConfigNode[];
  /** Members that win over some that a merge takes in; without them those would show. */
  readonly winners: readonly ConfigNode[];
}

/** What of a YAML text is not where the nodes are. */
export interface YamlRemainder {
  readonly copies: readonly YamlCopy[];
  /** Members before which another one of the same name stands, that has no node as Xray ignores it. */
  readonly repeated: ReadonlySet<ConfigNode>;
}

const remainders = new WeakMap<SourceFile, YamlRemainder>();
const nothing: YamlRemainder = { copies: [], repeated: new Set() };

/** What `parseYaml` has found in a file beside its nodes, for who edits it. */
export function yamlRemainderOf(file: SourceFile): YamlRemainder {
  return remainders.get(file) ?? nothing;
}

/** Remembers it. */
export function setYamlRemainder(file: SourceFile, remainder: YamlRemainder): void {
  remainders.set(file, remainder);
}
