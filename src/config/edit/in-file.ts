import type { ConfigDocument } from "../syntax/document.ts";
import type { ConfigNode } from "../syntax/node.ts";

/**
 * An object or list as it stands in its file. In the merged tree it may hold children of other places, or lack some of
 * its own, and then nothing could be put behind its last child.
 */
export function inFile(documents: readonly ConfigDocument[], node: ConfigNode): ConfigNode {
  let found = documents.find(({ file }) => file === node.file)?.root;
  // Where TOML makes a table by a longer name, both begin at one place.
  while (found !== undefined && (found.start !== node.start || found.key !== node.key)) {
    found = found.children.find(({ start, end }) => start <= node.start && node.start < end);
  }
  return found ?? node;
}

/** What a value stands in, in its file; `undefined` where it is not one of these files' values. */
export function parentInFile(documents: readonly ConfigDocument[], written: ConfigNode): ConfigNode | undefined {
  let parent: ConfigNode | undefined;
  let found = documents.find(({ file }) => file === written.file)?.root;
  while (found !== undefined && found !== written) {
    parent = found;
    found = found.children.find(({ start, end }) => start <= written.start && written.start < end);
  }
  return found === undefined ? undefined : parent;
}
