import type { EnableOptions, EnableResult } from "../../../../src/config/enable/enable-options.ts";
import { enableStats } from "../../../../src/config/enable/enable-stats.ts";

/** A configuration as `JSON.parse` gives it, for looking into. */
// biome-ignore lint/suspicious/noExplicitAny: its parts are as different as the configurations
export type Parsed = any;

/** Enables statistics in a value, and gives the new value beside the result. */
export function enabled(
  config: object,
  options: EnableOptions,
): { readonly config: Parsed; readonly result: EnableResult } {
  const result = enableStats(JSON.stringify(config, undefined, 2), options);
  return { config: JSON.parse(result.text), result };
}

/** The paths of notes, in their order. */
export function pathsOf(notes: readonly { readonly path: string }[]): string[] {
  return notes.map(({ path }) => path);
}

export const vmess = { tag: "in", port: 443, protocol: "vmess", settings: { clients: [{ id: "x", email: "alice" }] } };
export const direct = { tag: "direct", protocol: "freedom" };
