import { isUtf8 } from "node:buffer";
import { ConfigError, type ConfigIssue } from "../../errors/config-error.ts";

/**
 * Decodes UTF-8 without loss: what is encoded again is the same bytes, a byte-order mark included.
 *
 * @throws ConfigError with the place of the first byte that is not UTF-8.
 */
export function decodeText(file: string, bytes: Uint8Array): string {
  if (isWide(bytes)) throw notUtf8({ file, line: 0, column: 0, message: "the file is UTF-16 or UTF-32" });
  if (isUtf8(bytes)) return decode(bytes);
  const offset = firstInvalidByte(bytes);
  const before = decode(bytes.subarray(0, offset));
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  const byte = (bytes[offset] as number).toString(16);
  throw notUtf8({ file, line, column, message: `the byte 0x${byte} at offset ${offset} is not UTF-8` });
}

function notUtf8(issue: ConfigIssue): ConfigError {
  return new ConfigError([issue], { advice: "Save the file as UTF-8; nothing was changed" });
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** By the byte-order mark, or by the zero that a first sign of ASCII has in it. */
function isWide([a = 1, b = 1]: Uint8Array): boolean {
  return a === 0 || b === 0 || (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
}

/** Where decoding puts a replacement sign that does not stand in the bytes. */
function firstInvalidByte(bytes: Uint8Array): number {
  const text = decode(bytes);
  let offset = 0;
  let from = 0;
  for (;;) {
    const at = text.indexOf("\ufffd", from);
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
}
