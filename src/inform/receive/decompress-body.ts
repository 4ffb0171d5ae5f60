import { promisify } from "node:util";
import zlib from "node:zlib";
import { type ContentEncoding, supportedEncodings, zstdWindowOptions } from "../content-encoding.ts";
import { BodyError } from "./body-error.ts";

/**
 * Decompresses a body, and stops as soon as it grows beyond the limit.
 *
 * @param encoding - The request's `Content-Encoding`; null or undefined where it has none. One encoding, not a list:
 * nobody compresses twice for a good reason.
 * @param maxBytes - How many bytes it may have when decompressed.
 * @throws BodyError with reason `encoding`, `too-large`, `truncated` or `damaged`.
 */
export async function decompressBody(
  body: Uint8Array,
  encoding: string | null | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  const known = knownEncoding(encoding);
  if (known === "identity") {
    if (body.length > maxBytes) throw tooLarge(maxBytes);
    return body;
  }
  try {
    return known === "gzip"
      ? await promisify(zlib.gunzip)(body, { maxOutputLength: maxBytes })
      : await promisify(zlib.zstdDecompress)(body, { ...zstdWindowOptions, maxOutputLength: maxBytes });
  } catch (cause) {
    throw decompressionError(cause, known, maxBytes);
  }
}

function knownEncoding(text: string | null | undefined): ContentEncoding {
  const wanted = (text ?? "").trim().toLowerCase() || "identity";
  const known = supportedEncodings.find((encoding) => encoding === wanted);
  if (known !== undefined) return known;
  throw new BodyError("encoding", `a body cannot be encoded as ${JSON.stringify(wanted)} here`, {
    advice: `Use ${supportedEncodings.join(" or ")}.`,
  });
}

function decompressionError(cause: unknown, encoding: ContentEncoding, maxBytes: number): BodyError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge(maxBytes);
  if (code === "Z_BUF_ERROR") return new BodyError("truncated", `the ${encoding} body ends too early`, { cause });
  return new BodyError("damaged", `the body is not ${encoding}`, { cause });
}

function tooLarge(maxBytes: number): BodyError {
  return new BodyError("too-large", `the body has more than ${maxBytes} bytes when decompressed`, {
    advice: "Send fewer rows at a time.",
  });
}
