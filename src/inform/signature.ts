import { createHmac, timingSafeEqual } from "node:crypto";
import { SignatureError } from "./signature-error.ts";

/** The header that carries a signature. */
export const signatureHeader = "x-v2ray-stats-signature";

/** A secret and its id, as a sender's printed secret and a receiver's file both have them. */
export interface SignatureSecret {
  /** Which secret it is; not secret itself. */
  readonly id: string;
  /** Its characters are the key of the HMAC. */
  readonly secret: string;
}

/** What a signature says of itself before it is verified: believe nothing of it. */
export interface ParsedSignature {
  /** When it was made, by the sender's clock, in whole seconds of Unix time. */
  readonly seconds: number;
  /** With which secret. */
  readonly keyId: string;
  /** HMAC-SHA-256, 32 bytes each; several where the sender changes its algorithm or secret. */
  readonly signatures: readonly Buffer[];
}

/** Options of {@link verifySignature}. */
export interface VerifySignatureOptions {
  /** Our time. */
  readonly now: Date;
  /** How far the sender's clock may be from ours, either way. @defaultValue 300_000 */
  readonly toleranceMs?: number | undefined;
}

const defaultToleranceMs = 300_000;
const form = /^t=(\d{1,12}),k=([0-9a-z]{1,64})((?:,v1=[0-9a-f]{64}){1,4})$/;

/**
 * Signs a body for the header `X-V2ray-Stats-Signature`:
 *
 * `t=SECONDS,k=ID,v1=HEX`
 *
 * SECONDS is the Unix time, ID says which secret, HEX the HMAC-SHA-256, keyed with the secret's characters, of SECONDS
 * in decimal, a full stop, and the body's bytes as they go over the wire: compressed, where they are.
 *
 * @returns The header's value.
 */
export function signBody(body: Uint8Array, { id, secret }: SignatureSecret, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},k=${id},v1=${hmac(secret, seconds, body).toString("hex")}`;
}

/**
 * Takes a header apart, so that its secret can be looked for.
 *
 * @param header - The header's value; undefined or null where there was none.
 * @throws SignatureError with reason `missing` or `malformed`.
 */
export function parseSignature(header: string | null | undefined): ParsedSignature {
  if (header === undefined || header === null || header === "") {
    throw new SignatureError("missing", "the request has no signature", {
      advice: `Send ${signatureHeader}, or a key as Authorization: Bearer.`,
    });
  }
  const [, seconds, keyId, hexes] = form.exec(header) ?? [];
  if (seconds === undefined || keyId === undefined || hexes === undefined) {
    throw new SignatureError("malformed", `${signatureHeader} is not a signature`, {
      advice: "Write t=SECONDS,k=ID,v1=HEX.",
    });
  }
  const signatures = hexes.split(",v1=").slice(1);
  return { seconds: Number(seconds), keyId, signatures: signatures.map((hex) => Buffer.from(hex, "hex")) };
}

/**
 * Verifies that one who has a secret signed this body, lately. A signature can be replayed while its time is good: a
 * body that was seen before must do no harm.
 *
 * @param secrets - Those that are good now; several while they are changed. Those with another id than the header names
 * are passed over.
 * @returns The secret that fits.
 * @throws SignatureError with reason `stale` or `wrong`.
 */
export function verifySignature<Secret extends SignatureSecret>(
  { seconds, keyId, signatures }: ParsedSignature,
  body: Uint8Array,
  secrets: readonly Secret[],
  { now, toleranceMs = defaultToleranceMs }: VerifySignatureOptions,
): Secret {
  // Time last: a clock that is off is told only to one who has the secret.
  const secret = secrets.find(({ id, secret }) => {
    if (id !== keyId) return false;
    const expected = hmac(secret, seconds, body);
    return signatures.some((signature) => timingSafeEqual(signature, expected));
  });
  if (secret === undefined) {
    throw new SignatureError("wrong", `no secret ${keyId} of ours gives this signature`, {
      advice: "Is it the right secret, and was the body changed on its way?",
    });
  }
  const offMs = Math.abs(now.getTime() - seconds * 1000);
  if (offMs > toleranceMs) {
    throw new SignatureError("stale", `the signature's time is ${Math.round(offMs / 1000)} s from ours`, {
      advice: "Set both clocks; NTP keeps them so.",
    });
  }
  return secret;
}

function hmac(secret: string, seconds: number, body: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(`${seconds}.`).update(body).digest();
}
