import { mergeDocuments } from "../load/merge-files.ts";
import type { ConfigDocument } from "../syntax/document.ts";
import { type ConfigTarget, measuredVersions, parseVersion } from "../target.ts";
import type { ConfigModel } from "./config-model.ts";
import { readJsonV5 } from "./read-jsonv5.ts";
import { readSingBox } from "./read-sing-box.ts";
import { readV2Ray } from "./read-v2ray.ts";

/** Reads what matters for statistics out of a configuration. */
export function readModel(target: ConfigTarget, documents: readonly ConfigDocument[], version?: string): ConfigModel {
  const base = {
    target,
    version: parseVersion(version ?? measuredVersions[target]),
    documents,
    root: mergeDocuments(target, documents),
  };
  if (target === "sing-box") return { ...base, ...readSingBox(base.root) };
  return { ...base, ...(target === "v2ray5-jsonv5" ? readJsonV5(base.root) : readV2Ray(base)) };
}
