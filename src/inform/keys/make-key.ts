import { createHash, randomBytes } from "node:crypto";
import { type BearerKey, type KeyHolder, type KeyRight, keyRights, type SigningSecret } from "./key.ts";

/** Options of {@link makeKey} and {@link makeSigningSecret}. */
export interface MakeKeyOptions {
  /** From when it is to be good. @defaultValue at once */
  readonly notBefore?: Date | undefined;
  /** From when it is to be good no more. @defaultValue never */
  readonly notAfter?: Date | undefined;
}

/** What a printed key says. */
export interface Credential {
  /** `key`: sent as it is, as `Authorization: Bearer`. `secret`: never sent, bodies are signed with it. */
  readonly kind: "key" | "secret";
  /** Which one. */
  readonly id: string;
  /** Its random part. */
  readonly secret: string;
}

const prefixes = { key: "vstatskey", secret: "vstatssecret" } as const;
const form = /^(vstatskey|vstatssecret)_([0-9a-z]{10})_([\w-]{43})$/;

/** A new bearer key. */
export interface MadeKey {
  /** What the sender keeps; it cannot be had again. */
  readonly text: string;
  /** What the receiver keeps. */
  readonly key: BearerKey;
}

/** A new signing secret. */
export interface MadeSecret {
  /** What the sender keeps. */
  readonly text: string;
  /** What the receiver keeps. */
  readonly secret: SigningSecret;
}

/**
 * Makes a random bearer key of 256 bits for a node. A node may have several, so that they can be changed one after the
 * other.
 *
 * @returns `text` for the sender, printable and fit for a URL: it cannot be had again. `key` for the receiver's file.
 * @throws TypeError for a node without a name, no rights or unknown ones; RangeError where it would never be good.
 */
export function makeKey(node: string, rights: readonly KeyRight[], options: MakeKeyOptions = {}): MadeKey {
  const { text, holder } = make("key", node, rights, options);
  return { text, key: { ...holder, hash: hashKey(text) } };
}

/**
 * Makes a random secret of 256 bits with which a node signs its bodies.
 *
 * @returns `text` for the sender, `secret` for the receiver's file.
 * @throws TypeError for a node without a name, no rights or unknown ones; RangeError where it would never be good.
 */
export function makeSigningSecret(node: string, rights: readonly KeyRight[], options: MakeKeyOptions = {}): MadeSecret {
  const { text, holder, random } = make("secret", node, rights, options);
  return { text, secret: { ...holder, secret: random } };
}

/** Understands a printed key or secret; blanks around it do not matter. Undefined where it is neither. */
export function parseCredential(text: string): Credential | undefined {
  const [, prefix, id, secret] = form.exec(text.trim()) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return { kind: prefix === prefixes.key ? "key" : "secret", id, secret };
}

/**
 * What the receiver keeps of a bearer key. A slow hash such as scrypt makes guessing dear where people choose the
 * text; 256 random bits cannot be guessed at any speed, and each request would pay for it.
 */
export function hashKey(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function make(
  kind: Credential["kind"],
  node: string,
  rights: readonly KeyRight[],
  { notBefore, notAfter }: MakeKeyOptions,
): { readonly text: string; readonly holder: KeyHolder; readonly random: string } {
  if (typeof node !== "string" || node === "") throw new TypeError("a key needs the name of its node");
  if (rights.length === 0 || !rights.every((right) => keyRights.includes(right))) {
    throw new TypeError(`a key's rights are some of ${keyRights.join(", ")}, not [${rights.join(", ")}]`);
  }
  for (const time of [notBefore, notAfter]) {
    if (time !== undefined && Number.isNaN(time.getTime())) throw new RangeError("a key begins and ends at a time");
  }
  if (notBefore !== undefined && notAfter !== undefined && notBefore >= notAfter) {
    throw new RangeError("a key must end after it begins");
  }
  const id = randomBytes(5).toString("hex");
  const random = randomBytes(32).toString("base64url");
  return {
    text: `${prefixes[kind]}_${id}_${random}`,
    holder: {
      id,
      node,
      rights: [...new Set(rights)],
      ...(notBefore !== undefined && { notBefore }),
      ...(notAfter !== undefined && { notAfter }),
    },
    random,
  };
}
