/** Names under which configurations keep what lets a user in, and ids wherever they stand. */
const secrets =
  /((?<![\w.-])(?:"|')?(?:id|uuid|pass|password|psk|privateKey|private_key|secretKey|key)(?:"|')?\s*[:=]\s*)("[^"\n]*"?|'[^'\n]*'?|[^\s"'[{,}\]]+)|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi;

/** Stars in the place of secrets, sign for sign: what a terminal shows ends in logs and screenshots. */
export function maskSecrets(text: string): string {
  return text.replace(secrets, (found, name: string | undefined, value: string | undefined) => {
    if (name === undefined || value === undefined) return "*".repeat(found.length);
    return name + value.replace(/[^"']/g, "*");
  });
}
