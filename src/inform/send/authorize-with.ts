import { type Credential, parseCredential } from "../keys/make-key.ts";
import { signatureHeader, signBody } from "../signature.ts";

/** Makes the headers that let a body in; an empty one where something is asked for. */
export type Authorize = (body: Uint8Array, at: Date) => Readonly<Record<string, string>>;

/**
 * How a printed key or secret lets bodies in: a key is sent along, with a secret bodies are signed.
 *
 * @throws TypeError where the text is neither; it is not shown.
 */
export function authorizeWith(text: string): Authorize {
  const credential: Credential | undefined = parseCredential(text);
  if (credential === undefined)
    throw new TypeError("not a key: write the text that `inform keys add` printed, vstatskey_… or vstatssecret_…");
  if (credential.kind === "secret") return (body, at) => ({ [signatureHeader]: signBody(body, credential, at) });
  const authorization = `Bearer ${text.trim()}`;
  return () => ({ authorization });
}
