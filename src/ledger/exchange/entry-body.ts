import type { StoredEntry } from "../store.ts";

/** Says whether a value of a body is what it must be. */
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value.isWellFormed();
const isDecimal: Check = (value) => typeof value === "string" && /^\d{1,30}$/.test(value);
const isSigned: Check = (value) => typeof value === "string" && /^-?\d{1,30}$/.test(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
// As far as a Date can be.
const isTime: Check = (value) => Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15;
const isFilled: Check = (value) => Array.isArray(value) && value.length > 0;
const absentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);
/** An array of arrays of these. */
const rowsOf =
  (...columns: readonly Check[]): Check =>
  (value) =>
    Array.isArray(value) &&
    value.every(
      (row: unknown) =>
        Array.isArray(row) && row.length === columns.length && columns.every((check, at) => check(row[at])),
    );
const bounds = rowsOf(isText, isDecimal);

const signed = { reason: isText, author: isText };
const isScope = oneOf("user", "inbound", "outbound");
const owner = { scope: isScope, subject: isText };

/** What answers rely on in bodies that come from elsewhere. */
const bodies: ReadonlyMap<string, Readonly<Record<string, Check>>> = new Map<string, Readonly<Record<string, Check>>>([
  [
    "gap",
    {
      cause: isText,
      from: (value) => value === null || isTime(value),
      bound: (value) => value === "unknown" || bounds(value),
    },
  ],
  [
    "adjust",
    {
      ...signed,
      ...owner,
      direction: oneOf("uplink", "downlink"),
      node: absentOr(isText),
      bytes: isSigned,
    },
  ],
  ["settle", { ...signed, gap: isText, as: oneOf("nothing-lost", "restart") }],
  ["alias", { ...signed, of: oneOf("user", "node"), name: isText, is: isText }],
  ["erase", { ...signed, hash: isText, generations: rowsOf(isText, isText, isCount) }],
  ["retract", { ...signed, ledger: isText, node: absentOr(isText) }],
  [
    "statement",
    {
      ...signed,
      scope: isScope,
      subjects: absentOr((value) => isFilled(value) && (value as readonly unknown[]).every(isText)),
      node: absentOr(isText),
      parts: isCount,
    },
  ],
  [
    "statement-part",
    {
      statement: isText,
      part: isCount,
      scope: isScope,
      rows: rowsOf(isText, isSigned, isSigned),
      cursor: rowsOf(isText, isText, isCount),
    },
  ],
  ["reopen", { ...signed, statement: isText }],
  ["generation", { ...signed, ...owner, generations: (value) => isFilled(value) && rowsOf(isText, isCount)(value) }],
]);

/** Whether an entry's body is what its kind says; of kinds of a later release any object. */
export function isEntryBody({ kind, body }: Pick<StoredEntry, "kind" | "body">): boolean {
  const json = parse(body);
  if (typeof json !== "object" || json === null || Array.isArray(json) || !isShallow(json)) return false;
  const fields = new Map<string, unknown>(Object.entries(json));
  return Object.entries(bodies.get(kind) ?? {}).every(([key, check]) => check(fields.get(key)));
}

/** Nested deeper, it could be read, and not be written again where a name in it is erased. */
function isShallow(json: object, levels = 32): boolean {
  if (levels === 0) return false;
  return Object.values(json).every(
    (each) => typeof each !== "object" || each === null || isShallow(each as object, levels - 1),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
