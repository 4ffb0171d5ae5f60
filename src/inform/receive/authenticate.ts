import { type KeyHolder, type KeyRight, keyAge, type SigningSecret } from "../keys/key.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import { parseCredential } from "../keys/make-key.ts";
import { type ParsedSignature, parseSignature, signatureHeader, verifySignature } from "../signature.ts";
import { Refusal } from "./refusal.ts";

/** Who sends, as far as a request's head can tell. */
export type Claimant =
  | { readonly kind: "key"; readonly holder: KeyHolder }
  | { readonly kind: "signature"; readonly secret: SigningSecret; readonly signature: ParsedSignature };

/**
 * Finds whose key or secret a request names. A signature is not verified yet: that needs the body.
 *
 * @param placed - A key that stands elsewhere, as in the address; it counts where there is no header.
 * @throws Refusal, SignatureError
 */
export function claimantOf(headers: Headers, placed: string | undefined, ring: KeyRing, at: Date): Claimant {
  const authorization = headers.get("authorization");
  const [, bearer] = /^bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  const text = bearer ?? placed;
  if (text !== undefined) {
    const match = ring.findKey(text, at);
    if (match.kind === "good") return { kind: "key", holder: match.holder };
    // Its id is no secret, and tells an operator of many nodes which one it is.
    const id = parseCredential(text)?.id;
    throw wrongKey(`${id === undefined ? "the key" : `key ${id}`} is ${match.kind}`);
  }
  const header = headers.get(signatureHeader);
  if (header === null)
    throw new Refusal(401, "no-key", `send a key as Authorization: Bearer KEY, or sign the body in ${signatureHeader}`);
  const signature = parseSignature(header);
  const secret = ring.findSecret(signature.keyId);
  // Before the body is read: who knows no secret makes us read nothing.
  if (secret === undefined) throw wrongKey(`no secret ${signature.keyId}`);
  const age = keyAge(secret, at);
  if (age !== "good") throw wrongKey(`secret ${secret.id} is ${age}`);
  return { kind: "signature", secret, signature };
}

/** Verifies a claimant by the body as it was sent. @throws SignatureError */
export function proven(claimant: Claimant, body: Uint8Array, now: Date): KeyHolder {
  if (claimant.kind === "key") return claimant.holder;
  const { secret: _, ...holder } = verifySignature(claimant.signature, body, [claimant.secret], { now });
  return holder;
}

/** @throws Refusal where a key does not give a right. */
export function assertRight({ rights, id }: KeyHolder, right: KeyRight): void {
  if (!rights.includes(right)) throw new Refusal(403, "not-allowed", `key ${id} has no right "${right}"`);
}

/** @throws Refusal where a request is about another node than the key. */
export function assertOwnNode({ node, id }: KeyHolder, asked: string | null): void {
  if (asked !== null && asked !== node) throw new Refusal(403, "not-allowed", `key ${id} is of another node`);
}

/** One answer for all of it: who tries keys learns nothing. */
function wrongKey(hint: string): Refusal {
  return new Refusal(401, "wrong-key", "the key or secret is not known here, or not good now", { hint });
}
