import type { ConfigDocument } from "../../syntax/document.ts";
import { member, memberAt } from "../../syntax/lookup.ts";
import type { ConfigNode } from "../../syntax/node.ts";
import type { Rule } from "../rule.ts";
import { plainValueOf, quoted } from "./api-words.ts";

export const yamlLevelKeyUnquoted: Rule = {
  id: "yaml-level-key-unquoted",
  severity: "error",
  targets: ["v2ray5"],
  summary: "A level in YAML stands without quotes; V2Ray 5 wants texts for names, Xray does not mind.",
  consequence: "The core refuses to start: `json: unsupported type: map[interface {}]interface {}`.",
  fix: 'Write the level in quotes: `"0":`.',
  evidence: "measured",
  check({ documents }, report) {
    for (const { file, root } of documents) {
      const levels = memberAt(root, "policy", "levels");
      if (file.format !== "yaml" || levels?.kind !== "object") continue;
      for (const level of levels.children) {
        const key = level.key as string;
        if (level.file !== file || /["']/.test(file.text.charAt(level.keyStart)) || !/^\d+$/.test(key)) continue;
        report({
          at: level,
          onKey: true,
          message: `level ${key} stands without quotes`,
          edit: (editor) => editor.rename(level, key),
        });
      }
    }
  },
};

export const mergeDropsBlock: Rule = {
  id: "merge-drops-block",
  severity: "error",
  targets: ["v2ray4", "xray"],
  summary: "A block stands in two files; V2Ray 4 and Xray take the later one whole and forget the earlier.",
  consequence: "What only the earlier file says is lost: flags, levels, rules or services.",
  fix: "Keep each block in one file.",
  evidence: "measured",
  check({ documents }, report) {
    for (const name of ["policy", "routing", "api"]) {
      let earlier: ConfigNode | undefined;
      for (const block of blocksOf(documents, name)) {
        const lost = earlier === undefined ? [] : lostParts(earlier, block, "");
        if (earlier !== undefined && lost.length > 0) {
          const what = `${lost.slice(0, 3).join(", ")}${lost.length > 3 ? ` and ${lost.length - 3} more` : ""}`;
          report({
            at: block,
            onKey: true,
            message: `${quoted(name)} replaces the one in ${earlier.file.name} whole, and so drops its ${what}`,
          });
        }
        earlier = block;
      }
    }
  },
};

function blocksOf(documents: readonly ConfigDocument[], name: string): ConfigNode[] {
  return documents.flatMap(({ root }) => {
    const block = member(root, name);
    return block === undefined || block.kind === "null" ? [] : block;
  });
}

/** What the earlier block says and the later one is silent about. */
function lostParts(earlier: ConfigNode, later: ConfigNode, path: string): string[] {
  if (earlier.kind === "object" && later.kind === "object") {
    return earlier.children.flatMap((child) => {
      const inside = path === "" ? (child.key as string) : `${path}.${child.key}`;
      const counterpart = member(later, child.key as string);
      if (counterpart !== undefined) return lostParts(child, counterpart, inside);
      return child.kind === "null" ? [] : quoted(inside);
    });
  }
  if (earlier.kind !== "array" || later.kind !== "array") return [];
  const kept = new Set(later.children.map(textOf));
  const gone = earlier.children.filter((item) => !kept.has(textOf(item))).length;
  return gone === 0 ? [] : [`${quoted(path)} (${gone} of ${earlier.children.length})`];
}

function textOf(node: ConfigNode): string {
  return JSON.stringify(plainValueOf(node));
}
