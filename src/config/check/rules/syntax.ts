import { rawNames } from "../../load/merge-files.ts";
import { hasEqualKeys, isDictionary } from "../../load/merge-keys.ts";
import type { ConfigModel } from "../../model/config-model.ts";
import type { Blemish } from "../../syntax/document.ts";
import { foldKey } from "../../syntax/lookup.ts";
import { ConfigNode, type SourceFile } from "../../syntax/node.ts";
import { positionAt } from "../../syntax/position.ts";
import { type ConfigTarget, configTargets, targetName } from "../../target.ts";
import type { Report, Rule } from "../rule.ts";
import { plainValueOf, quoted } from "./api-words.ts";

/** The blemishes of one kind, each as a node with its place. */
function blemishesOf({ documents }: ConfigModel, kind: Blemish["kind"]): ConfigNode[] {
  return documents.flatMap(({ file, blemishes }) =>
    blemishes.filter((each) => each.kind === kind).map((each) => placeOf(file, each)),
  );
}

function placeOf(file: SourceFile, { start, end }: Blemish): ConfigNode {
  return new ConfigNode("null", file, undefined, -1, start, end, null, []);
}

export const trailingComma: Rule = {
  id: "trailing-comma",
  severity: "error",
  targets: ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray"],
  summary: "A comma stands before a closing brace or bracket, which of all cores sing-box alone allows.",
  consequence:
    "The core refuses to start: `invalid character '}' looking for beginning of object key string`, or `']'`.",
  fix: "Take the comma out.",
  evidence: "measured",
  check(model, report) {
    for (const at of blemishesOf(model, "trailing-comma"))
      report({ at, message: "nothing follows this comma", edit: (editor) => editor.cut(at.file, at.start, at.end) });
  },
};

export const byteOrderMark: Rule = {
  id: "byte-order-mark",
  severity: "error",
  targets: configTargets,
  summary: "The file begins with a byte-order mark, as some editors on Windows write it.",
  consequence: "The core refuses to start: `invalid character 'ï' looking for beginning of value`.",
  fix: "Save the file as UTF-8 without a byte-order mark.",
  evidence: "measured",
  check(model, report) {
    for (const at of blemishesOf(model, "byte-order-mark"))
      report({
        at,
        message: "the file begins with a byte-order mark",
        edit: (editor) => editor.cut(at.file, at.start, at.end),
      });
  },
};

export const textAfterEnd: Rule = {
  id: "text-after-end",
  severity: "warning",
  targets: configTargets,
  summary: "Text follows the brace that ends the configuration.",
  consequence: "The core does not read it, without a word of warning.",
  fix: "Take it out, or move the closing brace behind what belongs to the configuration.",
  evidence: "measured",
  check(model, report) {
    const isRefused = model.target === "sing-box";
    for (const at of blemishesOf(model, "text-after-end"))
      report({ at, message: "the configuration has ended before this", ...(isRefused && refusesRest) });
  },
};

const refusesRest = {
  severity: "error",
  consequence: "sing-box refuses to start: `invalid character after top-level value`.",
} as const;

export const duplicateKey: Rule = {
  id: "duplicate-key",
  severity: "warning",
  targets: configTargets,
  summary: "A name stands twice in one object.",
  consequence: "The core merges the two objects; where both say something the last one holds.",
  fix: "Keep one of them, with all that belongs to it.",
  evidence: "measured",
  check(model, report) {
    for (const { root } of model.documents) {
      // The effective tree is the file's own where the core has nothing to merge.
      if (root !== model.root) findDuplicates(root, model.target, report);
    }
  },
};

function findDuplicates(node: ConfigNode, target: ConfigTarget, report: (finding: Report) => void): void {
  const { children } = node;
  if (node.kind === "object" && hasEqualKeys(children)) reportDuplicates(node, target, report);
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as ConfigNode;
    if (child.children.length > 0) findDuplicates(child, target, report);
  }
}

function reportDuplicates(object: ConfigNode, target: ConfigTarget, report: (finding: Report) => void): void {
  const seen = new Map<string, ConfigNode>();
  for (const at of object.children) {
    const key = at.key as string;
    const name = isDictionary(object) ? key : foldKey(key);
    const before = seen.get(name);
    seen.set(name, at);
    if (before === undefined) continue;
    const { line } = positionAt(before.file, before.keyStart);
    const isSame = JSON.stringify(plainValueOf(before)) === JSON.stringify(plainValueOf(at));
    const isExact = before.key === key;
    report({
      at,
      onKey: true,
      message: isExact
        ? `${quoted(key)} stands here a second time, after line ${line}`
        : `${quoted(key)} is the same name as ${quoted(before.key as string)} in line ${line}`,
      consequence: consequenceFor(target, at, isDictionary(object) || (isExact && readsMaps(target))),
      edit: isSame ? (editor) => editor.remove(object, before) : undefined,
    });
  }
}

/** Whether the core decodes into maps first, where the last of two equal names holds. */
function readsMaps(target: ConfigTarget): boolean {
  return target === "v2ray5" || target === "v2ray5-jsonv5";
}

function consequenceFor(target: ConfigTarget, { kind, key = "" }: ConfigNode, isInMap: boolean): string | undefined {
  const core = targetName(target);
  if (kind !== "object") return `${core} takes the last one and forgets what stands before.`;
  if (isInMap || (target !== "sing-box" && rawNames.has(key.toLowerCase())))
    return `${core} takes the last one whole and forgets what stands before.`;
  if (target === "sing-box")
    return "sing-box merges blocks at the top; inside of an inbound or outbound it takes the last one whole.";
  return undefined;
}
