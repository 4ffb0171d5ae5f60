import { parseStatName } from "../names/parse-stat-name.ts";
import type { Direction, Scope } from "../names/stat-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import { alignRows } from "./align-rows.ts";
import { formatNumfmt } from "./format-numfmt.ts";

interface Line {
  readonly direction: Direction;
  readonly label: string;
  readonly value: bigint;
  /** The script sorts whole lines, the value included, which decides where a name is there twice. */
  readonly sortKey: string;
}

const ruler = "-----------------------------\n";

/**
 * Writes what the well-known script traffic.sh prints from `v2ctl api`, byte for byte: three tables, each with its
 * sums, sizes rounded up. Where the script goes wrong this does not: names with blanks, `>>>` or letters beyond ASCII
 * appear whole and are summed, and sums are exact above 2^53. Control characters are made visible.
 *
 * Names are sorted downwards by their characters, as under the locale C. Counters that are not traffic are left out.
 *
 * @returns The text with a line end at its end; an empty section holds its three sums, `0B`.
 *
 * @example
 * ```ts
 * import { formatTrafficSh, parseV2ctlOutput } from "v2ray-stats/report";
 *
 * const text = 'stat: <\n  name: "user>>>alice>>>traffic>>>uplink"\n  value: 284\n>\n\n';
 * console.log(formatTrafficSh(parseV2ctlOutput(text)));
 * ```
 */
export function formatTrafficSh(counters: Iterable<Counter>): string {
  const lines: Record<Scope, Line[]> = { inbound: [], outbound: [], user: [] };
  for (const { name: text, value } of counters) {
    const name = parseStatName(text);
    if (name.kind !== "traffic") continue;
    const { scope, subject, direction } = name;
    const label = `${scope}:${subject}->${direction === "uplink" ? "up" : "down"}`;
    lines[scope].push({ direction, label, value, sortKey: `${label}\t${value}` });
  }
  return [
    "------------Inbound----------\n",
    formatSection(lines.inbound),
    ruler,
    "------------Outbound----------\n",
    formatSection(lines.outbound),
    ruler,
    "\n",
    "-------------User------------\n",
    formatSection(lines.user),
    ruler,
  ].join("");
}

function formatSection(lines: Line[]): string {
  const sums = { uplink: 0n, downlink: 0n };
  for (const { direction, value } of lines) sums[direction] += value;
  lines.sort((a, b) => (a.sortKey < b.sortKey ? 1 : a.sortKey > b.sortKey ? -1 : 0));
  const rows = [
    ...lines.map(({ label, value }) => [label, formatNumfmt(value)]),
    ["SUM->up:", formatNumfmt(sums.uplink)],
    ["SUM->down:", formatNumfmt(sums.downlink)],
    ["SUM->TOTAL:", formatNumfmt(sums.uplink + sums.downlink)],
  ];
  return alignRows(["left", "left"], rows)
    .map((line) => `${line}\n`)
    .join("");
}
