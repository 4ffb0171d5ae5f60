import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { escapeControls } from "../../internal/escape-controls.ts";

/** What `patch` applies: the changes of a text, with three lines around each; "" where there are none. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return "";
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
  return createTwoFilesPatch(name, name, before, after, undefined, undefined, options);
}

const colours = new Map([
  ["+", "32"],
  ["-", "31"],
  ["@", "36"],
]);

/** A diff for a terminal: nothing in it steers that, and lines have the colour of what becomes of them. */
export function terminalDiff(diff: string, isColoured: boolean): string {
  return diff
    .split("\n")
    .map((line) => {
      const text = line.replace(/\r$/, "").split("\t").map(escapeControls).join("\t");
      const colour = isColoured ? colours.get(line.charAt(0)) : undefined;
      return colour === undefined ? text : `\u001b[${colour}m${text}\u001b[0m`;
    })
    .join("\n");
}
