// Whole, here and elsewhere: a name that an older Node lacks would not even link.
import zlib from "node:zlib";

/** How a body is compressed, in the words of HTTP. */
export type ContentEncoding = "identity" | "gzip" | "zstd";

/** What this Node can read and write, the best first: Node before 22.15 has no zstd. */
export const supportedEncodings: readonly ContentEncoding[] =
  typeof zlib.zstdDecompress === "function" ? ["zstd", "gzip", "identity"] : ["gzip", "identity"];

/** The window that HTTP allows zstd (RFC 9659), 8 MiB: what one body may cost in memory. */
export const zstdWindowOptions: { readonly params: Readonly<Record<number, number>> } = {
  params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 },
};
