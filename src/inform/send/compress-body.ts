import { promisify } from "node:util";
import zlib from "node:zlib";
import { type ContentEncoding, supportedEncodings } from "../content-encoding.ts";

/**
 * Compresses a body. zstd is some times faster than gzip, and smaller.
 *
 * @returns The bytes to send under `Content-Encoding: ENCODING`; for `identity` the same.
 * @throws RangeError where this Node has no such compression.
 */
export async function compressBody(body: Uint8Array, encoding: ContentEncoding): Promise<Uint8Array> {
  if (!supportedEncodings.includes(encoding)) {
    throw new RangeError(`this Node has no ${encoding}, only ${supportedEncodings.join(", ")}`);
  }
  if (encoding === "identity") return body;
  return encoding === "gzip" ? await promisify(zlib.gzip)(body) : await promisify(zlib.zstdCompress)(body);
}
