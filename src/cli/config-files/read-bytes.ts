import type { Readable } from "node:stream";
import { UsageError } from "../usage-error.ts";

/** No configuration is longer; also what `checkStatsConfig` takes at most. */
const maxBytes = 128 * 1024 * 1024;

/**
 * Reads a stream to its end.
 *
 * @throws UsageError where it is longer than 128 MiB; nothing beyond that is read.
 */
export async function readBytes(name: string, stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    checkSize(name, length);
  }
  return Buffer.concat(chunks, length);
}

/**
 * Refuses what is too long, before it is read where its size is known.
 *
 * @throws UsageError where it is longer than 128 MiB.
 */
export function checkSize(name: string, bytes: number): void {
  if (bytes > maxBytes)
    throw new UsageError(`${name} is longer than ${maxBytes / 1024 / 1024} MiB, so no configuration`);
}
