import type { FileChanges } from "./config-editor.ts";
import type { TextEdit } from "./text-edit.ts";
export function renderToml(_changes: FileChanges): TextEdit[] {
  return [];
}
