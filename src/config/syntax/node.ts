/** The notation a configuration file is written in. */
export type ConfigFormat = "json" | "yaml" | "toml";

/** One configuration file: its name as the caller gave it, and its text. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly format: ConfigFormat;
}

/** What a value of a configuration is. */
export type NodeKind = "object" | "array" | "string" | "number" | "boolean" | "null";

/**
 * One value of a configuration with its place: `file.text.slice(start, end)` is its text, and where it stands in an object,
 * `key` is its name and `keyStart` where the name (with its quotes) begins.
 *
 * Key and value are one thing because a configuration of 50,000 users has 250,000 of them, and because a reader always
 * wants both.
 */
export class ConfigNode {
  readonly kind: NodeKind;
  readonly file: SourceFile;
  readonly key: string | undefined;
  readonly keyStart: number;
  readonly start: number;
  end: number;
  /** The text, number, truth or null; undefined for objects and arrays. */
  readonly value: string | number | boolean | null | undefined;
  /** Members of an object or items of an array, in the order of the text; empty for everything else. */
  readonly children: ConfigNode[];

  constructor(
    kind: NodeKind,
    file: SourceFile,
    key: string | undefined,
    keyStart: number,
    start: number,
    end: number,
    value: string | number | boolean | null | undefined,
    children: ConfigNode[],
  ) {
    this.kind = kind;
    this.file = file;
    this.key = key;
    this.keyStart = keyStart;
    this.start = start;
    this.end = end;
    this.value = value;
    this.children = children;
  }
}
