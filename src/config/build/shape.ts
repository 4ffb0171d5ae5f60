/** Looks at what stands at a place of the options, such as `inbounds[0].port`; throws where it is wrong. */
export type Shape = (value: unknown, at: string) => void;

/** Shapes of the members of an object. */
export type Members = Readonly<Record<string, Shape>>;

/** An object with these members and no others; an optional one may be undefined. */
export function object(required: Members, optional: Members = {}): Shape {
  return (value, at) => {
    const members = membersOf(value, at);
    for (const [name, shape] of Object.entries(required)) {
      if (members[name] === undefined) throw new TypeError(`${join(at, name)} is missing`);
      shape(members[name], join(at, name));
    }
    for (const [name, member] of Object.entries(members)) {
      if (member === undefined || Object.hasOwn(required, name)) continue;
      const shape = Object.hasOwn(optional, name) ? optional[name] : undefined;
      if (shape === undefined) {
        const known = [...Object.keys(required), ...Object.keys(optional)].join(", ");
        throw new TypeError(`${join(at, name)} is no option here; known are ${known}`);
      }
      shape(member, join(at, name));
    }
  };
}

/** An object whose shape the word in one of its members decides. */
export function variant(key: string, shapes: Members): Shape {
  const word = oneOf(...Object.keys(shapes));
  return (value, at) => {
    const chosen = membersOf(value, at)[key];
    word(chosen, join(at, key));
    shapes[chosen as string]?.(value, at);
  };
}

/** A list of at least so many items. */
export function list(item: Shape, least = 0, most: number = Number.POSITIVE_INFINITY): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) throw new TypeError(`${at} must be a list, not ${shown(value)}`);
    if (value.length < least) throw new RangeError(`${at} must have ${least} or more, not ${value.length}`);
    if (value.length > most) throw new RangeError(`${at} can have only ${most} here, not ${value.length}`);
    for (const [index, each] of value.entries()) item(each, `${at}[${index}]`);
  };
}

/** One of these words. */
export function oneOf(...words: readonly string[]): Shape {
  return (value, at) => {
    if (words.includes(value as string)) return;
    const wrong = typeof value === "string" ? RangeError : TypeError;
    throw new wrong(`${at} must be one of ${words.join(", ")}, not ${shown(value)}`);
  };
}

/** A whole number between these. */
export function integer(least: number, most: number): Shape {
  return (value, at) => {
    if (typeof value !== "number") throw new TypeError(`${at} must be a number, not ${shown(value)}`);
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new RangeError(`${at} must be a whole number from ${least} to ${most}, not ${value}`);
  };
}

/** What is looked at elsewhere. */
export const anything: Shape = () => {};

/** True or false. */
export const flag: Shape = (value, at) => {
  if (typeof value !== "boolean") throw new TypeError(`${at} must be true or false, not ${shown(value)}`);
};

/** Text that `fits`; `what` says what it should be. */
export function text(what: string, fits: (text: string) => boolean): Shape {
  return (value, at) => {
    if (typeof value !== "string") throw new TypeError(`${at} must be ${what}, not ${shown(value)}`);
    if (!fits(value)) throw new RangeError(`${at} must be ${what}, not ${shown(value)}`);
  };
}

/** A value for a message; never a whole secret, never long. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function membersOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`${at === "" ? "the options" : at} must be an object, not ${shown(value)}`);
}

function join(at: string, name: string): string {
  return at === "" ? name : `${at}.${name}`;
}
