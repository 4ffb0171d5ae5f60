import { malformed } from "./refusal.ts";

/** @throws Refusal where a body is no JSON in UTF-8. */
export function parseJsonBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw malformed("the body must be JSON in UTF-8"); // without the cause: its message shows the text
  }
}
