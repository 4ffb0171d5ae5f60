// Control characters, line separators, halves of surrogate pairs, and the marks that turn the direction of a line.
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;

/**
 * Makes visible what could steer a terminal or hide in a line: `\x1b` for the controls of ASCII, `\u009b` for the
 * others, DEL included (so that JSON, whose texts hold none of the first kind, stays JSON). A backslash stays as it
 * is: this is for reading, not for undoing.
 */
export function escapeControls(text: string): string {
  return text.replace(hidden, (character) => {
    const code = character.charCodeAt(0);
    const [letter, digits] = code < 0x20 ? ["x", 2] : ["u", 4];
    return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
  });
}
