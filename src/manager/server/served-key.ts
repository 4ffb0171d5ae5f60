import type { KeyPorts } from "./socket-table.ts";

/** A key whose traffic is served: a user, or an inbound as a whole. */
export interface ServedKey {
  /** By what paths know it: the user's e-mail or the inbound's tag, or what a keys file says. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** The user's UUIDs; answers show the first. */
  readonly uuids: readonly string[];
  /** Whose counters hold its bytes. */
  readonly counter: {
    /** A user's, or an inbound's. */
    readonly scope: "user" | "inbound";
    /** The user's e-mail or the inbound's tag. */
    readonly subject: string;
  };
  /** The TCP ports of the inbounds it is in; none where they listen elsewhere. */
  readonly ports: readonly KeyPorts[];
  /** When it was made, ISO 8601; `undefined` where nothing tells. */
  readonly createdAt?: string | undefined;
  /** Whether it may be used. */
  readonly isActive: boolean;
  /** 16 hexadecimal digits, where a keys file says so. */
  readonly shortId?: string | undefined;
}

/** Where keys come from: a list, or what reads it anew whenever it is asked. */
export type ManagerKeys = readonly ServedKey[] | (() => Promise<readonly ServedKey[]> | readonly ServedKey[]);

/** Reads the keys. @throws TypeError where two have one id. */
export async function readServedKeys(keys: ManagerKeys): Promise<readonly ServedKey[]> {
  const served = typeof keys === "function" ? await keys() : keys;
  const ids = new Set(served.map(({ id }) => id));
  if (ids.size < served.length) throw new TypeError("two keys have one id");
  return served;
}

/**
 * Finds a key by its id, or else by UUID, e-mail or tag, or by a port that is its alone.
 *
 * @returns `undefined` where there is none, or several.
 */
export function findKey(keys: readonly ServedKey[], text: string): ServedKey | undefined {
  const lower = text.toLowerCase();
  return (
    keys.find(({ id }) => id === text) ??
    onlyOne(keys.filter(({ uuids }) => uuids.includes(lower))) ??
    onlyOne(keys.filter(({ counter }) => counter.subject === text)) ??
    (/^\d{1,5}$/.test(text) ? onlyOne(keysOnPort(keys, Number(text))) : undefined)
  );
}

/** The keys that have a port. */
function keysOnPort(keys: readonly ServedKey[], port: number): ServedKey[] {
  return keys.filter(({ ports }) => ports.some(({ from, to }) => from <= port && port <= to));
}

/**
 * Counts the keys that share a port with a key, that one among them; 0 where it has none. Of a range of ports the first
 * one counts, which is the one that is told.
 *
 * @returns A function that remembers: mostly all users have the same port.
 */
export function countSharers(keys: readonly ServedKey[]): (key: ServedKey) => number {
  const [single, ranged] = [new Map<number, ServedKey[]>(), new Set<ServedKey>()];
  for (const key of keys) {
    for (const { from, to } of key.ports) {
      const onPort = single.get(from);
      if (from < to) ranged.add(key);
      else if (onPort === undefined) single.set(from, [key]);
      else onPort.push(key);
    }
  }
  const known = new Map<string, number>();
  return ({ ports }) => {
    const question = JSON.stringify(ports);
    const count = known.get(question) ?? new Set(ports.flatMap(({ from }) => sharersOf(from))).size;
    known.set(question, count);
    return count;
  };

  function sharersOf(port: number): ServedKey[] {
    return [...(single.get(port) ?? []), ...keysOnPort([...ranged], port)];
  }
}

function onlyOne<Value>(values: readonly Value[]): Value | undefined {
  return values.length === 1 ? values[0] : undefined;
}
