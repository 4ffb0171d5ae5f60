import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

let reader: { readonly readerId: string; readonly bootId: string | undefined } | undefined;

/** Who reads: this process, on this boot of the machine. */
export function currentReader(): { readonly readerId: string; readonly bootId: string | undefined } {
  reader ??= { readerId: randomUUID(), bootId: readBootId() };
  return reader;
}

/** Now, by every clock there is. */
export function currentInstant(): { readonly at: Date; readonly monotonicMs: number; readonly sinceBootMs: number } {
  return { at: new Date(), monotonicMs: performance.now(), sinceBootMs: uptime() * 1000 };
}

/** Linux alone tells; elsewhere the time since boot follows the wall clock and proves nothing more. */
function readBootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return undefined;
  }
}
