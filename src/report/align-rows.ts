import stringWidth from "string-width";
import { escapeControls } from "../internal/escape-controls.ts";

/** On which side of its column a text stands. */
export type Align = "left" | "right";

/**
 * Lays rows out in columns, two blanks apart and as wide on a terminal as their widest cell, controls made visible.
 *
 * @returns One line for each row, without blanks or a line end at its end.
 */
export function alignRows(aligns: readonly Align[], rows: readonly (readonly string[])[]): string[] {
  const widths = aligns.map(() => 0);
  const cells = rows.map((row) =>
    row.map((cell, column) => {
      const text = escapeControls(cell);
      const width = stringWidth(text);
      widths[column] = Math.max(widths[column] ?? 0, width);
      return { text, width };
    }),
  );
  return cells.map((row) =>
    row
      .map(({ text, width }, column) => {
        const blanks = " ".repeat((widths[column] ?? 0) - width);
        return aligns[column] === "right" ? blanks + text : text + blanks;
      })
      .join("  ")
      .trimEnd(),
  );
}
