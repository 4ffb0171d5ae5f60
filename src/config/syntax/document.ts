import type { ConfigNode, SourceFile } from "./node.ts";

/** Something a reader of ours takes and some core does not; {@link ConfigNode} offsets of the file. */
export interface Blemish {
  readonly kind: "byte-order-mark" | "trailing-comma" | "text-after-end";
  readonly start: number;
  readonly end: number;
}

/** One file, read. */
export interface ConfigDocument {
  readonly file: SourceFile;
  readonly root: ConfigNode;
  readonly blemishes: readonly Blemish[];
}
