import { escapeControls } from "../internal/escape-controls.ts";
import { parseStatName } from "../names/parse-stat-name.ts";
import type { Scope } from "../names/stat-name.ts";
import type { Counter } from "../snapshot/counter.ts";
import { type SubjectTraffic, subjectsOf } from "../snapshot/subject-traffic.ts";
import { formatBytes } from "./format-bytes.ts";
import { formatTable, type TableColumn } from "./format-table.ts";
import { formatTrafficSh } from "./format-traffic-sh.ts";

/** The forms of {@link formatReport}. */
export type ReportFormat = "text" | "traffic.sh" | "csv" | "json";

/** Options of {@link formatReport}. */
export interface ReportOptions {
  /**
   * How the report is written.
   *
   * @defaultValue `"text"`
   */
  readonly format?: ReportFormat | undefined;
}

const sections: readonly (readonly [Scope, string])[] = [
  ["user", "Users"],
  ["inbound", "Inbounds"],
  ["outbound", "Outbounds"],
];

/**
 * Writes counters as a report. A subject's two counters share a row, where one that is absent counts as zero and one
 * that is there twice is added up. Rows stand by scope (users, inbounds, outbounds), then by total, largest first, then
 * by name. Nothing is summed across scopes: the same byte passes an inbound, a user and an outbound.
 *
 * - `text`: for people, sizes rounded. Counters that are not traffic are listed below with their bare values.
 * - `traffic.sh`: as {@link formatTrafficSh}.
 * - `csv`: RFC 4180 with the header `scope,subject,uplink,downlink,total`, in bytes. It may be given to a spreadsheet
 *   and to a terminal: control characters in a subject are made visible, and one that begins with `=`, `+`, `-`, `@`
 *   or `'` gets an apostrophe in front, for a spreadsheet would run it as a formula.
 * - `json`: the same columns as an array of objects, subjects as they are and bytes as decimal strings, for programs.
 *
 * `csv` and `json` hold traffic only.
 *
 * @throws RangeError for another format.
 *
 * @example
 * ```ts
 * import { formatReport } from "v2ray-stats/report";
 *
 * const counters = [{ name: "user>>>alice>>>traffic>>>uplink", value: 284n }];
 * console.log(formatReport(counters, { format: "csv" }));
 * ```
 */
export function formatReport(counters: Iterable<Counter>, options: ReportOptions = {}): string {
  const { format = "text" } = options;
  switch (format) {
    case "text":
      return formatText([...counters]);
    case "traffic.sh":
      return formatTrafficSh(counters);
    case "csv":
      return formatCsv([...counters]);
    case "json":
      return formatJson([...counters]);
    default:
      throw new RangeError(`format must be "text", "traffic.sh", "csv" or "json", not ${JSON.stringify(format)}`);
  }
}

const trafficColumns: readonly TableColumn[] = [
  { title: "name" },
  { title: "up", align: "right" },
  { title: "down", align: "right" },
  { title: "total", align: "right" },
  { title: "share", align: "right" },
];

function formatText(counters: readonly Counter[]): string {
  const parts = sections.map(([scope, title]) => {
    const rows = rowsOf(counters, scope);
    if (rows.length === 0) return `${title}: no counters\n`;
    const sum = { uplink: 0n, downlink: 0n, total: 0n };
    for (const row of rows) {
      sum.uplink += row.uplink;
      sum.downlink += row.downlink;
      sum.total += row.total;
    }
    const [up, down, total] = sizesOf(sum);
    const cells = rows.map((row) => [row.subject, ...sizesOf(row), formatShare(row.total, sum.total)]);
    return `${title} (${rows.length}): ${up} up, ${down} down, ${total} total\n${formatTable(trafficColumns, cells)}`;
  });
  const others = counters.filter((counter) => parseStatName(counter.name).kind !== "traffic");
  if (others.length > 0) {
    const columns: TableColumn[] = [{ title: "name" }, { title: "value", align: "right" }];
    const cells = others.map(({ name, value }): [string, string] => [name, `${value}`]);
    parts.push(
      `Other (${others.length})\n${formatTable(
        columns,
        cells.sort(([a], [b]) => compare(a, b)),
      )}`,
    );
  }
  return parts.join("\n");
}

function formatCsv(counters: readonly Counter[]): string {
  const lines = allRows(counters).map(({ scope, subject, uplink, downlink, total }) =>
    [scope, csvField(escapeControls(subject)), uplink, downlink, total].join(","),
  );
  return ["scope,subject,uplink,downlink,total", ...lines].map((line) => `${line}\r\n`).join("");
}

function formatJson(counters: readonly Counter[]): string {
  const objects = allRows(counters).map(({ scope, subject, uplink, downlink, total }) =>
    // JSON.stringify lets DEL, C1 controls and marks of direction through to the terminal.
    escapeControls(JSON.stringify({ scope, subject, uplink: `${uplink}`, downlink: `${downlink}`, total: `${total}` })),
  );
  return objects.length === 0 ? "[]\n" : `[\n  ${objects.join(",\n  ")}\n]\n`;
}

function allRows(counters: readonly Counter[]): SubjectTraffic[] {
  return sections.flatMap(([scope]) => rowsOf(counters, scope));
}

function rowsOf(counters: readonly Counter[], scope: Scope): SubjectTraffic[] {
  const rows = subjectsOf(
    counters.map(({ name, value }) => [name, value]),
    scope,
  );
  return rows.sort((a, b) => compare(b.total, a.total) || compare(a.subject, b.subject));
}

function sizesOf({ uplink, downlink, total }: Pick<SubjectTraffic, "uplink" | "downlink" | "total">): string[] {
  return [uplink, downlink, total].map(formatBytes);
}

function formatShare(part: bigint, whole: bigint): string {
  return whole === 0n ? "-" : `${((Number(part) / Number(whole)) * 100).toFixed(1)}%`;
}

function csvField(text: string): string {
  // The apostrophe too, so that taking one off always gives the subject back.
  const guarded = /^[=+\-@']/.test(text) ? `'${text}` : text;
  return /[",]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
