const letters: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
]);

/**
 * Undoes the escapes in a string of Protobuf's text format, where each byte beyond ASCII is three octal digits.
 * Source: golang/protobuf 1.4, `proto/text_encode.go`, with which V2Ray 4 prints.
 *
 * @returns `undefined` for an unknown escape and for bytes that are not UTF-8.
 */
export function unescapeText(raw: string): string | undefined {
  if (!raw.includes("\\")) return raw;
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  // Each match is a run without escapes, cut at a bounded length, or one escape.
  const part = /([^\\]{1,1000})|\\([0-7]{1,3})|\\([abtnvfr\\'"?])/uy;
  while (part.lastIndex < raw.length) {
    const match = part.exec(raw);
    if (match === null) return undefined;
    const [, plain, octal, character = ""] = match;
    if (octal === undefined) {
      bytes.push(...encoder.encode(plain ?? letters.get(character) ?? character));
      continue;
    }
    const byte = Number.parseInt(octal, 8);
    if (byte > 0xff) return undefined;
    bytes.push(byte);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
