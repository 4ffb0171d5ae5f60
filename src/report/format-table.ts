import { type Align, alignRows } from "./align-rows.ts";

/** A column of {@link formatTable}. */
export interface TableColumn {
  /** What stands above it. */
  readonly title: string;
  /**
   * Where its cells stand; numbers belong to the right.
   *
   * @defaultValue `"left"`
   */
  readonly align?: "left" | "right" | undefined;
}

/**
 * Writes a plain table: a line of titles, then a line for each row, columns two blanks apart. Wide characters take the
 * two columns they take on a terminal; control characters are made visible (`\x1b`).
 *
 * @returns The lines, each with its line end.
 * @throws RangeError where a row has not one cell for each column.
 *
 * @example
 * ```ts
 * import { formatTable } from "v2ray-stats/report";
 *
 * console.log(formatTable([{ title: "user" }, { title: "bytes", align: "right" }], [["alice", "1023"]]));
 * // user   bytes
 * // alice   1023
 * ```
 */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const odd = rows.findIndex((row) => row.length !== columns.length);
  if (odd >= 0) throw new RangeError(`row ${odd} has ${rows[odd]?.length} cells for ${columns.length} columns`);
  const aligns: Align[] = columns.map((column) => column.align ?? "left");
  const lines = alignRows(aligns, [columns.map((column) => column.title), ...rows]);
  return lines.map((line) => `${line}\n`).join("");
}
