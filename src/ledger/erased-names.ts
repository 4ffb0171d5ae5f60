import { createHash } from "node:crypto";
import { formatStatName } from "../names/format-stat-name.ts";
import { parseStatName } from "../names/parse-stat-name.ts";
import type { AliasBody } from "./alias.ts";
import type { Signed } from "./corrections.ts";
import { counterKey } from "./counter-key.ts";
import { countersOf, type OwnerName } from "./counter-owner.ts";
import type { GapBody } from "./gap.ts";
import type { StatementBody, StatementPartBody } from "./statement.ts";
import type { StoredCounter, StoredEntry } from "./store.ts";

/** What an entry of kind `erase` says: a tombstone, without the name. */
export interface EraseBody extends Signed {
  /** SHA-256 of the name, hexadecimal; see {@link hashOfName}. */
  readonly hash: string;
  /** The highest generation of the user's counters on each node that had any. */
  readonly generations: readonly (readonly [ledger: string, node: string, generation: number])[];
}

/** Whose counter it is, before names were erased. */
export interface NamedCounter extends Pick<StoredCounter, "name" | "generation"> {
  /** The ledger that recorded it. */
  readonly ledger: string;
  readonly node: string;
}

/** What tombstones say of names. */
export interface ErasedNames {
  /** Whether a user was erased who had counters on this node. */
  on(ledger: string, node: string): boolean;
  /** The name to keep a counter under; `undefined` where its own was not erased. */
  counter(counter: NamedCounter): string | undefined;
  /** The body to keep an entry with; `undefined` where its own holds no name that was erased when it was written. */
  body(entry: Pick<StoredEntry, "kind" | "at" | "body">): string | undefined;
}

/** Tells a name in a tombstone from others. */
export function hashOfName(user: string): string {
  return createHash("sha256").update(`v2ray-stats erase\0${user}`).digest("hex");
}

/** What an erased user is called. */
export function pseudonymOf(hash: string): string {
  return `erased-${hash.slice(0, 12)}`;
}

/** The user whose counter it is; `undefined` of other counters. */
export function userOf(counter: string): string | undefined {
  const parsed = parseStatName(counter);
  return parsed.kind === "traffic" && parsed.scope === "user" ? parsed.subject : undefined;
}

/** The name of the same counter of another user. */
export function nameOf(counter: string, user: string): string {
  const parsed = parseStatName(counter);
  return parsed.kind === "traffic" ? formatStatName({ ...parsed, subject: user }) : counter;
}

/** Reads the tombstones among a ledger's entries. */
export function erasedNames(entries: Iterable<Pick<StoredEntry, "kind" | "at" | "body">>): ErasedNames {
  const tombstones: { readonly at: number; readonly hash: string; readonly covers: ReadonlyMap<string, number> }[] = [];
  for (const { kind, at, body } of entries) {
    if (kind !== "erase") continue;
    const { hash, generations } = JSON.parse(body) as EraseBody;
    const covers = new Map(generations.map(([ledger, node, generation]) => [nodeKey(ledger, node), generation]));
    tombstones.push({ at, hash, covers });
  }
  const covered = new Set(tombstones.flatMap(({ covers }) => [...covers.keys()]));
  const byHash = Map.groupBy(tombstones, ({ hash }) => hash);
  const ofUser = (user: string): typeof tombstones => byHash.get(hashOfName(user)) ?? [];
  const nameAt = (at: number) => (user: string) => {
    const tombstone = ofUser(user).find((each) => each.at >= at);
    return tombstone === undefined ? user : pseudonymOf(tombstone.hash);
  };
  return {
    on: (ledger, node) => covered.has(nodeKey(ledger, node)),
    counter({ ledger, node, name, generation }) {
      if (byHash.size === 0) return undefined;
      const user = userOf(name);
      if (user === undefined) return undefined;
      const key = nodeKey(ledger, node);
      const tombstone = ofUser(user).find(({ covers }) => generation <= (covers.get(key) ?? -1));
      return tombstone && nameOf(name, pseudonymOf(tombstone.hash));
    },
    body({ kind, at, body }) {
      if (byHash.size === 0) return undefined;
      const renamed = renameIn(kind, body, nameAt(at));
      return renamed === body ? undefined : renamed;
    },
  };
}

function nodeKey(ledger: string, node: string): string {
  return JSON.stringify([ledger, node]);
}

/** The users whom an entry names, each of them. */
export function usersIn({ kind, body }: Pick<StoredEntry, "kind" | "body">): ReadonlySet<string> {
  const users = new Set<string>();
  renameIn(kind, body, (user) => {
    users.add(user);
    return user;
  });
  return users;
}

/** The body of an entry with other names of users, the same text where none is another. */
function renameIn(kind: string, text: string, rename: (user: string) => string): string {
  let changed = false;
  const renamed = (user: string): string => {
    const name = rename(user);
    changed ||= name !== user;
    return name;
  };
  const body = bodyWith(kind, text, renamed);
  return changed ? JSON.stringify(body) : text;
}

function bodyWith(kind: string, text: string, rename: (user: string) => string): object | undefined {
  switch (kind) {
    case "gap": {
      const body = JSON.parse(text) as GapBody;
      if (body.bound === "unknown") return body;
      const bound = body.bound.map(([name, bytes]) => {
        const user = userOf(name);
        return [user === undefined ? name : nameOf(name, rename(user)), bytes] as const;
      });
      return { ...body, bound };
    }
    case "adjust":
    case "generation": {
      const body = JSON.parse(text) as OwnerName;
      return body.scope === "user" ? { ...body, subject: rename(body.subject) } : body;
    }
    case "alias": {
      const body = JSON.parse(text) as AliasBody;
      return body.of === "user" ? { ...body, name: rename(body.name), is: rename(body.is) } : body;
    }
    case "statement": {
      const body = JSON.parse(text) as StatementBody;
      const { scope, subjects } = body;
      return scope === "user" && subjects !== undefined ? { ...body, subjects: subjects.map(rename) } : body;
    }
    case "statement-part": {
      const body = JSON.parse(text) as StatementPartBody;
      if (body.scope !== "user") return body;
      return { ...body, rows: body.rows.map(([subject, ...bytes]) => [rename(subject), ...bytes]) };
    }
    case "aside": {
      const body = JSON.parse(text) as { readonly name: string };
      const user = userOf(body.name);
      return user === undefined ? body : { ...body, name: nameOf(body.name, rename(user)) };
    }
    default:
      return undefined;
  }
}

/** The highest generation of each user that was erased, by pseudonym, as a node's counters have it. */
export function erasedGenerations(counters: Iterable<Pick<StoredCounter, "name" | "generation">>): Map<string, number> {
  const erased = new Map<string, number>();
  for (const { name, generation } of counters) {
    if (!isErased(name)) continue;
    const user = userOf(name);
    if (user !== undefined) erased.set(user, Math.max(generation, erased.get(user) ?? 0));
  }
  return erased;
}

const counterOfErased = "user>>>erased-";

/** The generation that a counter begins with: one that no erased counter of the same name had. */
export function firstGeneration(erased: ReadonlyMap<string, number>, counter: string): number {
  if (erased.size === 0) return 0;
  const user = userOf(counter);
  const before = user === undefined ? undefined : erased.get(pseudonymOf(hashOfName(user)));
  return before === undefined ? 0 : before + 1;
}

/** What a user's counter is called once the user is erased; `undefined` of other counters, and of such names. */
export function nameOnceErased(counter: string): string | undefined {
  const user = isErased(counter) ? undefined : userOf(counter);
  return user === undefined ? undefined : nameOf(counter, pseudonymOf(hashOfName(user)));
}

/** What all counters of a counter's user are called once the user is erased; none of other counters. */
export function namesOnceErased(counter: string): readonly string[] {
  const user = userOf(counter);
  if (user === undefined) return [];
  return countersOf({ scope: "user", subject: pseudonymOf(hashOfName(user)) });
}

/** Whether a counter has the name of an erased user. */
export function isErased(counter: string): boolean {
  return counter.startsWith(counterOfErased);
}

/** The ids of users' counters by what they would be once the users are erased. Each name is hashed for it. */
export function idsOnceErased(counters: Iterable<StoredCounter>): Map<string, number> {
  const ids = new Map<string, number>();
  for (const counter of counters) {
    const name = nameOnceErased(counter.name);
    if (name !== undefined) ids.set(counterKey({ ...counter, name }), counter.id);
  }
  return ids;
}
