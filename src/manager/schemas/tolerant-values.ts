import * as v from "valibot";
import type { ManagerTime } from "../traffic-stats.ts";

/** Bytes from any number that is finite and not below zero, also a fraction or a decimal text; rounded down. */
export function readBytes(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value >= 0n ? value : undefined;
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? BigInt(Math.floor(value)) : undefined;
  const [, digits] = typeof value === "string" ? (/^(\d{1,40})(?:\.\d*)?$/.exec(value) ?? []) : [];
  return digits === undefined ? undefined : BigInt(digits);
}

/** A number of things: as bytes, but small enough for a number. */
export function readCount(value: unknown): number | undefined {
  const count = readBytes(value);
  return count !== undefined && count <= Number.MAX_SAFE_INTEGER ? Number(count) : undefined;
}

const isoTime = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * A time from Unix seconds or ISO 8601. A text without a zone is the server's local time: which instant that was
 * cannot be known from here.
 */
export function readTime(value: unknown): ManagerTime | undefined {
  if (typeof value === "number" || (typeof value === "string" && /^\d{1,20}(\.\d*)?$/.test(value))) {
    const at = new Date(Math.round(Number(value) * 1000));
    return Number(value) < 0 || Number.isNaN(at.getTime()) ? undefined : { text: String(value), at };
  }
  const [text, zone] = typeof value === "string" ? (isoTime.exec(value) ?? []) : [];
  if (text === undefined) return undefined;
  const plain = text.replace(" ", "T").toUpperCase();
  // V8 wants a zone with its colon.
  const at = new Date(plain.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  if (Number.isNaN(at.getTime())) return undefined;
  return { text, at: zone ? at : undefined };
}

function readRate(value: unknown): number | undefined {
  const rate = typeof value === "string" ? Number(value || Number.NaN) : value;
  return typeof rate === "number" && Number.isFinite(rate) && rate >= 0 ? rate : undefined;
}

function readText(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return typeof value === "string" ? value : undefined;
}

function readFlag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function readEntries(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined;
}

/** A value that a function understands, and refused by this name where it does not. */
function understood<Value>(
  read: (value: unknown) => Value | undefined,
  expected: string,
): v.GenericSchema<unknown, Value> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: `expected ${expected}` });
      return NEVER;
    }),
  );
}

/** A member that may be missing or null, and that is wrong where it is anything else. */
type Optional<Value> = v.NullishSchema<v.GenericSchema<unknown, Value>, undefined>;

/** A member without which the answer is still good: taken for missing where it makes no sense. */
type Ornament<Value> = v.SchemaWithFallback<Optional<Value>, undefined>;

/** An {@link Ornament} of any schema. */
export function ornament<Value>(schema: v.GenericSchema<unknown, Value>): Ornament<Value> {
  return v.fallback(v.nullish(schema), undefined);
}

/** An {@link Ornament} whose absence is always `undefined`. */
export function given<Value>(schema: Ornament<Value>): v.GenericSchema<unknown, Value | undefined> {
  return v.pipe(
    schema,
    v.transform((value) => value ?? undefined),
  );
}

/** Bytes; wrong ones make the whole entry wrong. */
export const bytes: v.GenericSchema<unknown, bigint> = understood(readBytes, "a number of bytes");
/** Bytes that may be missing. */
export const optionalBytes: Optional<bigint> = v.nullish(bytes);
/** A whole number of things. */
export const count: Ornament<number> = ornament(understood(readCount, "a number"));
/** A rate in bytes a second. */
export const rate: Ornament<number> = ornament(understood(readRate, "a number"));
/** A time. */
export const time: Ornament<ManagerTime> = ornament(understood(readTime, "a time"));
/** A text, or a number for a text. */
export const text: Ornament<string> = ornament(understood(readText, "a text"));
/** Yes or no. */
export const flag: Ornament<boolean> = ornament(understood(readFlag, "true or false"));
/** An object as a map, whatever its names are. */
export const entries: v.GenericSchema<unknown, ReadonlyMap<string, unknown>> = understood(readEntries, "an object");
