/** A value as `JSON.parse` makes it, for what is put into a configuration. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** A plain object. */
export type PlainObject = { readonly [key: string]: PlainValue };

/** Whether a value is an object, not a list or null. */
export function isPlainObject(value: PlainValue | undefined): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
