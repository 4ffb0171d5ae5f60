/**
 * Which core reads a configuration, and in which language: the four cores, and V2Ray 5 started with `-format jsonv5`,
 * whose configuration is another language.
 */
export type ConfigTarget = "v2ray4" | "v2ray5" | "v2ray5-jsonv5" | "xray" | "sing-box";

/** Every {@link ConfigTarget}. */
export const configTargets: readonly ConfigTarget[] = ["v2ray4", "v2ray5", "v2ray5-jsonv5", "xray", "sing-box"];

/** The versions our facts were measured on, and what a missing version is taken for. */
export const measuredVersions: Readonly<Record<ConfigTarget, string>> = {
  v2ray4: "4.34.0",
  v2ray5: "5.52.0",
  "v2ray5-jsonv5": "5.52.0",
  xray: "26.3.27",
  "sing-box": "1.14.1",
};

/** A core's name for people. */
export function targetName(target: ConfigTarget): string {
  const names = { v2ray4: "V2Ray 4", v2ray5: "V2Ray 5", "v2ray5-jsonv5": "V2Ray 5 (jsonv5)", xray: "Xray" };
  return target === "sing-box" ? target : names[target];
}

/** A version as numbers: `v26.3.27` is [26, 3, 27]. */
export type CoreVersion = readonly number[];

/**
 * Reads a version as the cores print it.
 *
 * @throws RangeError where it is none.
 */
export function parseVersion(text: string): CoreVersion {
  const match = /^v?(\d{1,5}(?:\.\d{1,5}){0,3})(?:[-+].*)?$/.exec(text.trim());
  if (match === null)
    throw new RangeError(`not a version: ${JSON.stringify(text.slice(0, 40))}; one looks like 26.3.27`);
  return (match[1] as string).split(".").map(Number);
}

/** Whether `version` is `minimum` or newer. */
export function isAtLeast(version: CoreVersion, minimum: string): boolean {
  const wanted = parseVersion(minimum);
  for (let i = 0; i < Math.max(version.length, wanted.length); i++) {
    const difference = (version[i] ?? 0) - (wanted[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
