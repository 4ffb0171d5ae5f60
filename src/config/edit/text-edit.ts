/** Replaces `start` to `end` (offsets in UTF-16 units, `end` not included) of a text by `text`. */
export interface TextEdit {
  /** The first sign that goes. */
  readonly start: number;
  /** Behind the last sign that goes; the same as `start` where nothing goes. */
  readonly end: number;
  /** What comes instead. */
  readonly text: string;
}

/**
 * Applies edits that do not overlap. Those at one place come in their given order.
 *
 * @throws RangeError where two overlap or one is outside of the text.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of inOrder(edits)) {
    if (edit.start < at || edit.end < edit.start || edit.end > text.length)
      throw new RangeError(`edit ${edit.start} to ${edit.end} overlaps another, or is outside of the text`);
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}

/**
 * The edits that make the old text again.
 *
 * @param text - The text before `edits`.
 * @returns Edits of the text after them.
 */
export function invertEdits(text: string, edits: readonly TextEdit[]): TextEdit[] {
  let shift = 0;
  return inOrder(edits).map((edit) => {
    const start = edit.start + shift;
    shift += edit.text.length - (edit.end - edit.start);
    return { start, end: start + edit.text.length, text: text.slice(edit.start, edit.end) };
  });
}

/** Whether two edits could not be applied together. */
export function editsCollide(a: TextEdit, b: TextEdit): boolean {
  return a.start < b.end && b.start < a.end;
}

function inOrder(edits: readonly TextEdit[]): TextEdit[] {
  return edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
}
