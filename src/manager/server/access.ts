import { createHash, timingSafeEqual } from "node:crypto";
import { isLoopback } from "../../internal/loopback.ts";
import { checkApiKey } from "../client/check-arguments.ts";
import { Problem } from "./problem.ts";

/** Who may ask. */
export interface ManagerApiKey {
  /** Who that is: the author of resets. */
  readonly name: string;
  /** What is sent, as `X-API-Key` or as bearer. */
  readonly key: string;
}

/** Checks who asks. */
export interface Access {
  /**
   * The name of the API key, or `anybody`.
   *
   * @param address Who asks, where it is known.
   * @throws Problem 401, 403
   */
  check(request: Request, address?: string | undefined): string;
}

/**
 * Makes the check for these API keys. Every key is compared, and in constant time.
 *
 * @throws TypeError where a key could not stand in a header, or there is none.
 */
export function createAccess(apiKeys: readonly ManagerApiKey[] | "none"): Access {
  if (apiKeys === "none") return { check: checkLoopback };
  if (!Array.isArray(apiKeys) || apiKeys.length === 0) throw new TypeError('apiKeys must hold a key, or be "none"');
  const known = apiKeys.map(({ name, key }: ManagerApiKey) => {
    if (typeof name !== "string" || name === "" || name.length > 200) throw new TypeError("an API key needs a name");
    return { name, digest: digestOf(checkApiKey(key)) };
  });
  return {
    check({ headers }) {
      const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
      const digest = digestOf(headers.get("x-api-key") ?? bearer ?? "");
      const [found] = known.filter((each) => timingSafeEqual(each.digest, digest));
      if (found !== undefined) return found.name;
      throw new Problem(401, "Invalid API key. Use X-API-Key header with the correct key.", {
        "WWW-Authenticate": "Bearer",
      });
    },
  };
}

const forwarding = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * Without keys only this machine may ask, and no web page that its browser shows, under whatever name. What the request
 * calls this host is its own word: another machine may call it localhost, and a proxy here asks for others.
 */
function checkLoopback({ url, headers }: Request, address: string | undefined): string {
  const near = address === undefined || isLoopback(address.replace(/^::ffff:/i, ""));
  if (near && isLoopback(new URL(url).hostname) && !forwarding.some((name) => headers.has(name))) return "anybody";
  throw new Problem(403, "Without an API key only a loopback address is answered");
}

/** Origins as browsers send them. @throws TypeError where one is none: it would never match. */
export function checkOrigins(origins: readonly string[]): readonly string[] {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new TypeError(`not the origin of a web page: ${JSON.stringify(origin)}; one is https://panel.example`);
  }
  return origins;
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
