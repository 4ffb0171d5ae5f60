import { timingSafeEqual } from "node:crypto";
import { type BearerKey, type KeyHolder, keyAge, type SigningSecret } from "./key.ts";
import { assertIdsDiffer, type KeyFile } from "./key-file.ts";
import { hashKey, parseCredential } from "./make-key.ts";

/**
 * Whose key it is. All but `good` is one answer to the sender, who is not to learn more; the kinds are for the log.
 *
 * - `good`: it may do what `holder` says
 * - `not-yet`, `expired`: it was right, at another time
 * - `unknown`: there is no such key
 * - `malformed`: the text is no key at all
 */
export type KeyMatch = KnownKey | KeyMiss;

/** A key that a receiver knows. */
export interface KnownKey {
  /** Whether it holds now. */
  readonly kind: "good" | "not-yet" | "expired";
  /** Whose it is. */
  readonly holder: KeyHolder;
}

/** A text that is no key that a receiver knows. */
export interface KeyMiss {
  /** Whether it could be one. */
  readonly kind: "unknown" | "malformed";
}

/** The keys a receiver knows. */
export interface KeyRing {
  /** Whose bearer key a text is. Equal hashes are compared in constant time. */
  findKey(text: string, at: Date): KeyMatch;
  /** The secret of this id; undefined where there is none. Whether it is good by now says `keyAge`. */
  findSecret(id: string): SigningSecret | undefined;
}

/**
 * Puts the keys of several files together.
 *
 * @throws StatsError with code `bad-config` where two have one id.
 */
export function createKeyRing(files: readonly KeyFile[]): KeyRing {
  const keys = byId(files.flatMap((file) => file.keys));
  const secrets = byId(files.flatMap((file) => file.secrets));
  return {
    findKey(text, at) {
      const credential = parseCredential(text);
      if (credential?.kind !== "key") return { kind: "malformed" };
      const key = keys.get(credential.id);
      if (key === undefined || !sameHash(key, text.trim())) return { kind: "unknown" };
      const { hash: _, ...holder } = key;
      return { kind: keyAge(key, at), holder };
    },

    findSecret: (id) => secrets.get(id),
  };
}

function byId<Entry extends KeyHolder>(entries: readonly Entry[]): Map<string, Entry> {
  assertIdsDiffer(entries, "what the key files hold together");
  return new Map(entries.map((entry) => [entry.id, entry]));
}

function sameHash(key: BearerKey, text: string): boolean {
  return timingSafeEqual(Buffer.from(key.hash, "hex"), Buffer.from(hashKey(text), "hex"));
}
