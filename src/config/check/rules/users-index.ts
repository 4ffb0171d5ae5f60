import type { ConfigModel } from "../../model/config-model.ts";
import { countedInbounds, type PlacedUser } from "./users-wording.ts";

/** What the rules about names ask for, found in one walk over the users. */
export interface NameIndex {
  /** Users whose names are equal without case, two or more to a group. */
  readonly alike: readonly (readonly PlacedUser[])[];
  /** Users whose names hold a blank, a control character or `>`. */
  readonly odd: readonly PlacedUser[];
}

const indexes = new WeakMap<ConfigModel, NameIndex>();

/** Looks through the names of all counted users, once for a model. */
export function indexNames(model: ConfigModel): NameIndex {
  let index = indexes.get(model);
  if (index === undefined) {
    const inbounds = countedInbounds(model);
    index = { alike: findAlike(inbounds), odd: findOdd(inbounds) };
    indexes.set(model, index);
  }
  return index;
}

type Inbounds = ReturnType<typeof countedInbounds>;

function findAlike(inbounds: Inbounds): PlacedUser[][] {
  const repeated = new Repeated();
  for (const { users } of inbounds) for (const { name } of users) repeated.add(name?.toLowerCase());
  if (repeated.keys.size === 0) return [];
  const users = inbounds.flatMap((inbound) => inbound.users.map((user) => ({ user, inbound })));
  return repeated.groups(users, ({ user }) => user.name?.toLowerCase());
}

function findOdd(inbounds: Inbounds): PlacedUser[] {
  const odd: PlacedUser[] = [];
  for (const inbound of inbounds) {
    for (const user of inbound.users) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      if (user.name !== undefined && /[>\s\0-\x1f\x7f-\x9f]/.test(user.name)) odd.push({ user, inbound });
    }
  }
  return odd;
}

/** Keys that come more than once; made for many keys of which hardly any do. */
class Repeated {
  readonly keys: Set<string> = new Set();
  readonly #seen = new Set<string>();

  add(key: string | undefined): void {
    if (key === undefined) return;
    const { size } = this.#seen;
    this.#seen.add(key);
    if (this.#seen.size === size) this.keys.add(key);
  }

  groups<Item>(items: readonly Item[], keyOf: (item: Item) => string | undefined): Item[][] {
    const groups = new Map<string, Item[]>();
    for (const item of items) {
      const key = keyOf(item);
      if (key === undefined || !this.keys.has(key)) continue;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
    return [...groups.values()];
  }
}

/** The groups of two or more that share a key. */
export function repeated<Item>(items: readonly Item[], keyOf: (item: Item) => string | undefined): Item[][] {
  const keys = new Repeated();
  for (const item of items) keys.add(keyOf(item));
  return keys.keys.size === 0 ? [] : keys.groups(items, keyOf);
}
