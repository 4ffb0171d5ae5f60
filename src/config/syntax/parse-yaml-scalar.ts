/**
 * Which of the two YAML readers of Go reads it: V2Ray 5 has the third version, where `yes` is a text and a date is a
 * moment; Xray has the second, where `yes` is true and a date is a text.
 */
export type GoYaml = 2 | 3;

const words: ReadonlyMap<string, boolean | null> = new Map([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);

const oldWords: ReadonlyMap<string, boolean> = new Map([
  ...["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "off", "Off", "OFF"].map((word) => [word, false] as const),
]);

/**
 * What a word without quotes means to the cores. Infinite and undefined numbers are the numbers of JavaScript.
 *
 * Source: gopkg.in/yaml.v3 3.0.1 and gopkg.in/yaml.v2 2.4.0, resolve.go.
 */
export function resolveWord(word: string, version: GoYaml): string | number | boolean | null {
  const known = version === 2 ? (oldWords.get(word) ?? words.get(word)) : words.get(word);
  if (known !== undefined) return known;
  if (!/^[-+.\d]/.test(word)) return word;
  return numberOf(word) ?? (version === 3 ? momentOf(word) : undefined) ?? word;
}

function numberOf(word: string): number | undefined {
  const special = /^([-+]?)\.(?:(inf|Inf|INF)|nan|NaN|NAN)$/.exec(word);
  if (special !== null) return special[2] === undefined ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
  const digits = word.replaceAll(word.startsWith(".") ? /(?<=\d)_(?=\d)/g : "_", "");
  const [, sign, prefix = "", whole] = /^([-+]?)(0[xX]|0[bB]|0[oO]?)?([\da-fA-F]+)$/.exec(digits) ?? [];
  if (whole !== undefined) {
    const size = sizeOf(prefix.toLowerCase(), whole);
    if (size !== undefined) return sign === "-" ? 0 - size : size;
  }
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isFinite(value) ? value : undefined;
}

/** The value of digits after their prefix; `undefined` where they are others. */
function sizeOf(prefix: string, digits: string): number | undefined {
  if (prefix === "0x") return Number(`0x${digits}`);
  if (prefix === "0b") return /^[01]+$/.test(digits) ? Number(`0b${digits}`) : undefined;
  if (prefix.startsWith("0")) return /^[0-7]+$/.test(digits) ? Number(`0o${digits}`) : undefined;
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

/** A date, or date and time, as Go writes it into JSON. */
function momentOf(word: string): string | undefined {
  const pattern =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](?=.*(?:Z|[-+]\d\d:\d\d)$)| (?!.*[Z+-]))(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?(Z|[-+]\d\d:\d\d)?)?$/;
  const parts = pattern.exec(word);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => (part ?? "0").padStart(2, "0"));
  const time = `${hour}:${minute}:${second}`;
  // Days that a month does not have turn into those of the next.
  const moment = new Date(`${year}-${month}-${day}T${time}Z`);
  if (Number.isNaN(moment.getTime()) || moment.getUTCDate() !== Number(day)) return undefined;
  const fraction = (parts[7] ?? "").replace(/\.?0*$/, "");
  const zone = parts[8] === undefined || parts[8].endsWith("00:00") ? "Z" : parts[8];
  return `${year}-${month}-${day}T${time}${fraction}${zone}`;
}
