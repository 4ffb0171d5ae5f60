import { formatSize } from "../format-size.ts";

/** Sizes in the three members that every generation has. */
export function byteMembers(uplink: bigint, downlink: bigint): object {
  const total = uplink + downlink;
  return {
    total_bytes: total,
    rx_bytes: uplink,
    tx_bytes: downlink,
    total_formatted: formatSize(total),
    rx_formatted: formatSize(uplink),
    tx_formatted: formatSize(downlink),
  };
}

/** ISO 8601 with an offset, as Python before 3.11 reads it too. */
export function isoTime(at: Date): string {
  return at.toISOString().replace("Z", "+00:00");
}

/** Unix seconds. */
export function unixTime(at: Date): number {
  return at.getTime() / 1000;
}

// In Node since 21, and not yet in TypeScript's library.
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** JSON whose bigints are numbers with all their digits; what is `undefined` is left out. */
export function numericJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? rawJSON(`${each}`) : each));
}
