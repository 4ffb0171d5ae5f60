import * as v from "valibot";

/** What both kinds of items say. */
interface Moved {
  readonly up: number;
  readonly down: number;
}

// JSON.parse rounds beyond 2^53; no delta of some seconds is near it.
const bytes = v.pipe(
  v.number("a number"),
  v.integer("a whole number"),
  v.minValue(0, "not negative"),
  v.maxValue(Number.MAX_SAFE_INTEGER, "below 2^53, where JSON's numbers are exact"),
);

// Each is a key of the ledger: the limit keeps it within what databases index. A lone surrogate has no UTF-8.
const name = v.pipe(
  v.string("text"),
  v.nonEmpty("not empty"),
  v.maxBytes(1024, "at most 1024 bytes long"),
  v.check((text) => text.isWellFormed(), "well-formed Unicode"),
);

// Of some twenty members four are looked at: v.record would copy them all.
const item = v.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "an object",
);

/** A user. Panels write these members in lower case, inbounds' capitalised; Go reads both, so forks write both. */
export const clientSchema: v.GenericSchema<unknown, Moved & { readonly email: string }> = v.pipe(
  item,
  v.transform(({ email, Email, up, Up, down, Down }) => ({ email: email ?? Email, up: up ?? Up, down: down ?? Down })),
  v.object({ email: name, up: bytes, down: bytes }),
);

/** An inbound or an outbound. */
export const tagSchema: v.GenericSchema<
  unknown,
  Moved & { readonly tag: string; readonly scope: "inbound" | "outbound" }
> = v.pipe(
  item,
  v.transform(({ tag, Tag, up, Up, down, Down, isInbound, IsInbound, isOutbound, IsOutbound }) => ({
    tag: tag ?? Tag,
    up: up ?? Up,
    down: down ?? Down,
    scope: scopeOf(isInbound ?? IsInbound, isOutbound ?? IsOutbound),
  })),
  v.object({
    tag: name,
    up: bytes,
    down: bytes,
    scope: v.picklist(["inbound", "outbound"], "told by exactly one of IsInbound and IsOutbound"),
  }),
);

const list = v.nullish(v.array(v.unknown(), "a list"));

/** The body: one of the lists may be missing, each may be null; panels and their forks add other members. */
export const bodySchema: v.GenericSchema<
  unknown,
  { readonly [List in "clientTraffics" | "inboundTraffics"]?: readonly unknown[] | null | undefined }
> = v.pipe(
  v.object({ clientTraffics: list, inboundTraffics: list }, "an object"),
  v.check(
    ({ clientTraffics, inboundTraffics }) => clientTraffics !== undefined || inboundTraffics !== undefined,
    "an object with clientTraffics and inboundTraffics",
  ),
);

function scopeOf(isInbound: unknown, isOutbound: unknown): "inbound" | "outbound" | undefined {
  if (isInbound === isOutbound) return undefined;
  if (isInbound === true) return "inbound";
  return isOutbound === true ? "outbound" : undefined;
}
