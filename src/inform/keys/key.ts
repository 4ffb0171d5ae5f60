/**
 * What a key may do, for its own node alone.
 *
 * - `usage`: bring usage rows and gaps
 * - `corrections`: bring corrections, settled gaps, aliases and erasures
 * - `totals`: ask for the totals of all nodes
 */
export type KeyRight = "usage" | "corrections" | "totals";

/** Every right there is. */
export const keyRights: readonly KeyRight[] = ["usage", "corrections", "totals"];

/** Who holds a key or a secret, what for and how long. */
export interface KeyHolder {
  /** Which key it is: 10 letters and digits, not secret. */
  readonly id: string;
  /** The node that it speaks for. */
  readonly node: string;
  /** What it may do. */
  readonly rights: readonly KeyRight[];
  /** From when it is good; `undefined`: always was. */
  readonly notBefore?: Date | undefined;
  /** From when it is good no more; `undefined`: never ends. */
  readonly notAfter?: Date | undefined;
}

/** A bearer key as the receiver keeps it: it can be recognised, not read. */
export interface BearerKey extends KeyHolder {
  /** SHA-256 of the printed key, hexadecimal. */
  readonly hash: string;
}

/** A secret for signatures. Both sides must have it readable. */
export interface SigningSecret extends KeyHolder {
  /** The random part of the printed secret, whose characters are the key of the HMAC. */
  readonly secret: string;
}

/** Says whether a key gives a right for a node. */
export function hasRight(holder: KeyHolder, right: KeyRight, node: string): boolean {
  return holder.node === node && holder.rights.includes(right);
}

/** Says whether a key is good at a time. */
export function keyAge({ notBefore, notAfter }: KeyHolder, at: Date): "good" | "not-yet" | "expired" {
  if (notBefore !== undefined && at < notBefore) return "not-yet";
  return notAfter !== undefined && at >= notAfter ? "expired" : "good";
}
