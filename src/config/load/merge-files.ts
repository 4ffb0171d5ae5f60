import type { ConfigDocument } from "../syntax/document.ts";
import type { ConfigNode } from "../syntax/node.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import type { ConfigTarget } from "../target.ts";
import { type Choose, chooseEarlier, chooseLater, mergeAppending } from "./merge-appending.ts";
import { compareText, type KeyReading, resolveKeys, sortMembers } from "./merge-keys.ts";
import { mergeOverriding } from "./merge-overriding.ts";
import { mergeTags } from "./merge-tags.ts";

/** What V2Ray and Xray keep as text before they know what it is, in lower case: of two of one name the last holds. */
export const rawNames: ReadonlySet<string> = new Set(["settings", "clients", "rules", "vnext"]);

const intoStructs: KeyReading = { mode: "merge", raw: rawNames };
const intoMaps: KeyReading = { mode: "last", raw: new Set() };
const jsonv5: KeyReading = {
  mode: "merge",
  raw: new Set(["log", "dns", "router", "settings", "transportsettings", "securitysettings", "extension"]),
  inRaw: "last",
};
// sing-box decodes inbounds, outbounds and rules into maps first.
const itemsIntoMaps: KeyReading = { mode: "keep-all", inLists: "last", raw: new Set() };
const intoSingBox: KeyReading = { mode: "merge-objects", inLists: "merge", raw: new Set() };

/**
 * Makes the tree that the core would use of several files, or of one in which a name stands twice. Nodes keep their files
 * and places; a container of several sources has the place of its first.
 *
 * @param documents - In the order in which the core is given them, of a directory that of {@link compareText}; sing-box
 * sorts them itself.
 * @returns The root of a single document itself, where the core takes it as it is.
 * @throws SyntaxProblem where the core refuses to merge them.
 */
export function mergeDocuments(target: ConfigTarget, documents: readonly ConfigDocument[]): ConfigNode {
  const [first, second] = documents;
  if (first === undefined) throw new RangeError("there is no file to merge");
  if (second === undefined) return readOne(target, first.root);
  for (const { root } of documents) {
    if (root.kind !== "object") throw new SyntaxProblem(root.file, root.start, "a configuration is an object");
  }
  return mergeSeveral(target, documents);
}

function readOne(target: ConfigTarget, root: ConfigNode): ConfigNode {
  if (target === "v2ray5") return decodeAgain(mergeTags(resolveKeys(root, intoMaps)));
  if (target === "v2ray5-jsonv5") return resolveKeys(root, jsonv5);
  if (target === "sing-box") return resolveKeys(resolveKeys(root, itemsIntoMaps), intoSingBox);
  return resolveKeys(root, intoStructs);
}

/** V2Ray 5 encodes the merged map and decodes it into structs; that counts only where names differ in case alone. */
function decodeAgain(map: ConfigNode): ConfigNode {
  const decoded = resolveKeys(map, intoStructs);
  return decoded === map ? map : resolveKeys(sortMembers(map), intoStructs);
}

function mergeSeveral(target: ConfigTarget, documents: readonly ConfigDocument[]): ConfigNode {
  switch (target) {
    case "v2ray5-jsonv5": {
      const [, second] = documents as [ConfigDocument, ConfigDocument];
      throw new SyntaxProblem(second.file, 0, "V2Ray 5 reads a jsonv5 configuration from a single file only");
    }
    case "v2ray5":
      return readOne(target, mergeMaps(documents, chooseLater));
    case "sing-box":
      return readOne(target, mergeMaps(documents.toSorted(byPath), chooseEarlier));
    default: {
      const roots = documents.map(({ root }) => resolveKeys(root, intoStructs));
      return mergeOverriding(roots, target === "v2ray4");
    }
  }
}

function mergeMaps(documents: readonly ConfigDocument[], choose: Choose): ConfigNode {
  const maps = documents.map(({ root }) => resolveKeys(root, intoMaps));
  return maps.reduce((merged, later) => mergeAppending(merged, later, choose));
}

function byPath(a: ConfigDocument, b: ConfigDocument): number {
  return compareText(a.file.name, b.file.name);
}
