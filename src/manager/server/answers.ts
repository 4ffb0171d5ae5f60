import { createHash } from "node:crypto";
import { numericJson } from "./body-values.ts";
import type { Problem } from "./problem.ts";

/** A body, and whether it may be repeated. */
export type Page =
  | { readonly body: object; readonly kept: false }
  | { readonly body: object; readonly kept: true; readonly ageMs: number };

const common = {
  "Content-Type": "application/json",
  "X-Content-Type-Options": "nosniff",
  Vary: "Origin, X-API-Key, Authorization",
};

/** The answer with a body, or that the one the caller has is still right. */
export function answerJson(request: Request, page: Page, maxAgeMs: number): Response {
  const text = numericJson(page.body);
  if (!page.kept) return respond(request, 200, text, { "Cache-Control": "no-store" });
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const headers = {
    "Cache-Control": `private, max-age=${Math.ceil(maxAgeMs / 1000)}`,
    Age: `${Math.floor(page.ageMs / 1000)}`,
    ETag: etag,
  };
  const known = (request.headers.get("if-none-match") ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  const same = known.includes(etag) || known.includes("*");
  return same ? respond(request, 304, null, headers) : respond(request, 200, text, headers);
}

/** The answer with an error; of a rate limit under the name the manager gives it. */
export function answerProblem(request: Request, { status, message, headers }: Problem): Response {
  const body = status === 429 ? { error: message } : { detail: message };
  return respond(request, status, JSON.stringify(body), { "Cache-Control": "no-store", ...headers });
}

/** The answer to a browser that asks whether a page may ask. */
export function preflight(origin: string): Response {
  const headers = {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "X-API-Key, Authorization, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "600",
    Vary: "Origin",
  };
  return new Response(null, { status: 204, headers });
}

/** Lets a page of this origin read the answer. */
export function withOrigin(response: Response, origin: string | undefined): Response {
  if (origin === undefined) return response;
  response.headers.set("Access-Control-Allow-Origin", origin);
  response.headers.set("Access-Control-Expose-Headers", "Age, ETag, Retry-After");
  return response;
}

function respond(
  { method }: Request,
  status: number,
  text: string | null,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(method === "HEAD" ? null : text, { status, headers: { ...common, ...headers } });
}
