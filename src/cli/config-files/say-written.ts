import { escapeControls } from "../../internal/escape-controls.ts";
import type { CliContext } from "../context.ts";
import type { BackedUp } from "./backups.ts";

/** Tells which files were written, and how to have them as they were. */
export function sayWritten({ stderr }: CliContext, written: readonly BackedUp[]): void {
  for (const { path, backup } of written)
    stderr.write(
      `${escapeControls(`wrote ${path}; as it was before: ${backup} (config enable --undo restores it)`)}\n`,
    );
}
