import { applyEdits, invertEdits } from "../edit/text-edit.ts";
import { type ConfigInput, configErrorOf, parseConfig } from "../load/parse-config.ts";
import type { ConfigModel } from "../model/config-model.ts";
import { readModel } from "../model/read-model.ts";
import { SyntaxProblem } from "../syntax/syntax-problem.ts";
import { Changes } from "./changes.ts";
import { enableApi } from "./enable-api.ts";
import { enableCounters } from "./enable-counters.ts";
import { type EnableOptions, type EnableResult, type Wishes, wishesOf } from "./enable-options.ts";
import { enableSingBox } from "./enable-sing-box.ts";
import { enableTags } from "./enable-tags.ts";
import { languageOf } from "./language.ts";
import { TagNames } from "./tag-names.ts";

/**
 * Makes an existing configuration count traffic, and its API reachable for this machine alone. Comments, order,
 * indentation, spelling and line ends stay, what is proxied where stays, and a second run changes nothing.
 *
 * @param input - One text, or the files of a directory as the core is given them.
 * @returns The new texts, what was changed, what was left to its owner, and the way back.
 * @throws ConfigError where a file cannot be read or edited, with the place.
 * @throws TypeError or RangeError for wrong arguments.
 * @example
 * ```ts
 * import { enableStats } from "v2ray-stats/config";
 *
 * const { text, changes } = enableStats('{ "inbounds": [] }', { core: "xray" });
 * for (const { path, reason } of changes) console.error(`${path}: ${reason}`);
 * console.log(text);
 * ```
 */
export function enableStats(input: ConfigInput, options: EnableOptions): EnableResult {
  const wishes = wishesOf(options);
  const model = modelOf(input, options);
  const changes = new Changes(model);
  const api = plan(model, wishes, changes);
  const edits = changes.edits();
  const files = model.documents.map(({ file }) => {
    const { name, text } = file;
    return { name, text: applyEdits(text, edits.get(file) ?? []) };
  });
  const undo = Array.from(edits, ([{ name, text }, made]) => ({ file: name, edits: invertEdits(text, made) }));
  return { files, text: files[0]?.text ?? "", api, ...changes.notes(), undo };
}

/** Decides all changes; answers with where the API listens. */
function plan(model: ConfigModel, wishes: Wishes, changes: Changes): string | undefined {
  const names = new TagNames(model);
  const tags = enableTags(model, wishes.scopes, names, changes);
  if (model.target === "sing-box") return enableSingBox(model, wishes, tags, changes);
  const language = languageOf(model.target);
  enableCounters(model, language, wishes, changes);
  return enableApi({ model, language, wishes, names, changes });
}

function modelOf(input: ConfigInput, { core, version, format }: EnableOptions): ConfigModel {
  try {
    return readModel(core, parseConfig(input, format, core), version);
  } catch (error) {
    throw error instanceof SyntaxProblem ? configErrorOf(error) : error;
  }
}
