import { explainCounter } from "../../config/explain/explain-counter.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import { type CliContext, print, printJson } from "../context.ts";
import type { CoreFlags } from "./core-flags.ts";
import { loadConfig } from "./load-config.ts";

export interface ExplainFlags extends CoreFlags {
  readonly json?: true | undefined;
}

/** Prints why a counter will or will not exist. */
export async function explainFiles(
  context: CliContext,
  paths: readonly string[],
  name: string,
  flags: ExplainFlags,
): Promise<void> {
  const { files, ...who } = await loadConfig(context, paths, flags);
  const explanation = explainCounter(files, name, who);
  if (flags.json) return printJson(context, explanation);
  const { summary, readable, verdict, steps, advice } = explanation;
  const unreadable = !readable && verdict !== "never" ? ", but the API cannot be reached" : "";
  const lines = [
    `${name}: ${summary}${unreadable}`,
    ...steps.map(({ ok, text, location }) => {
      const place = location === undefined ? "" : ` (${location.file}:${location.start.line}:${location.start.column})`;
      return `  ${ok ? "yes" : "NO "}  ${text}${place}`;
    }),
    ...(advice.length === 0 ? [] : ["To have it:", ...advice.map((text) => `  ${text}`)]),
  ];
  await print(context, `${lines.map(escapeControls).join("\n")}\n`);
}
