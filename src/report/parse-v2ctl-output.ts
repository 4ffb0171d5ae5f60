import type { Counter } from "../snapshot/counter.ts";
import { recogniseForeignOutput } from "./foreign-output.ts";
import { readJsonCounters } from "./read-json-counters.ts";
import { readTextFormat } from "./read-text-format.ts";
import { createTextScanner } from "./text-scanner.ts";

/**
 * Reads counters from a saved output of a core's command line: `v2ctl api StatsService.QueryStats` or `GetStats`
 * (V2Ray 4; any indentation), `xray api statsquery` or `stats`, `v2ray api stats -json` (V2Ray 5), `v2ray-stats query
 * --json` or `get --json`: an array of `{ name, value }` or one, with decimal strings.
 *
 * A text cut off between two blocks of `v2ctl` cannot be told from a whole one; any other cut is an error.
 *
 * @returns The counters in the order of the text, bytes exact up to 64 bits; `[]` where the tool printed that it found
 * none (one empty line, `{}` or `[]`).
 * @throws StatsError `malformed`, with the line, for everything else: the table of `v2ray api stats` (its sizes are
 * rounded: use `-json`), a usage text or an error saved by mistake, no output at all, a truncated text, other text
 * behind the counters, a counter that is there twice, an answer that holds no bytes (who is online, the state of the
 * process).
 *
 * @example
 * ```ts
 * import { parseV2ctlOutput } from "v2ray-stats/report";
 *
 * const counters = parseV2ctlOutput('stat: <\n  name: "user>>>alice>>>traffic>>>uplink"\n  value: 284\n>\n\n');
 * console.log(counters[0]?.value); // 284n
 * ```
 */
export function parseV2ctlOutput(text: string): Counter[] {
  if (typeof text !== "string") throw new TypeError("text must be a string");
  if (text === "\n" || text === "\r\n") return [];
  const scanner = createTextScanner(text);
  if (scanner.isAtEnd()) throw scanner.error("nothing was printed: the command failed, or only its errors were kept");
  const foreign = recogniseForeignOutput(text);
  if (foreign !== undefined) throw scanner.error(foreign.problem, foreign.advice);
  return /[[{]/.test(text.trimStart().charAt(0)) ? readJsonCounters(scanner) : readTextFormat(scanner);
}
