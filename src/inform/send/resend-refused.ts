import { rm } from "node:fs/promises";
import type { NodeChangesJson } from "../../ledger/exchange/changes-json.ts";
import { authorizeWith } from "./authorize-with.ts";
import { createHubClient, type SendResult } from "./hub-client.ts";
import { refusalError } from "./refusal-error.ts";
import { readRefused, refusedFiles } from "./refused-bodies.ts";
import type { InformSenderOptions } from "./sender.ts";
import { systemClock } from "./sender-clock.ts";

/** Options of {@link resendRefused}; the same as the sender's. */
export interface ResendOptions
  extends Pick<InformSenderOptions, "hub" | "key" | "encoding" | "tls" | "timeoutMs" | "fetch" | "allowInsecure"> {
  /** Ends it between two bodies, or in one. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a body that was kept aside. */
export interface ResentBody {
  /** Its file; gone where it was taken. */
  readonly file: string;
  /** Why it was not taken; `undefined` where it was. */
  readonly error: Error | undefined;
}

/**
 * Sends the bodies of a sender's `refusedDirectory` again. Those that the hub takes now are removed; a repeat does no
 * harm. Ends at the first one to which the hub does not answer.
 *
 * @returns What became of each, in no order.
 * @throws TypeError or RangeError for wrong options.
 */
export async function resendRefused(directory: string, options: ResendOptions): Promise<ResentBody[]> {
  const { hub, key, encoding = "auto", tls, timeoutMs = 30_000, fetch, allowInsecure = false, signal } = options;
  const plainHttp = allowInsecure ? "anywhere" : "loopback";
  const authorize = authorizeWith(key);
  const client = createHubClient({ hub, authorize, encoding, tls, timeoutMs, fetch, plainHttp, clock: systemClock });
  const done: ResentBody[] = [];
  try {
    for (const file of await refusedFiles(directory)) {
      const { result, error } = await resend(file);
      if (error === undefined) await rm(file);
      done.push({ file, error });
      if (result !== undefined && !["answer", "conflict", "refused-body"].includes(result.kind)) break;
    }
  } finally {
    client.close();
  }
  return done;

  async function resend(file: string): Promise<{ readonly result?: SendResult; readonly error: Error | undefined }> {
    try {
      const { body } = await readRefused(file);
      const result = await client.send(Buffer.from(JSON.stringify(body)), signal);
      const [of] = body.changes.nodes as [NodeChangesJson];
      if (result.kind === "conflict") return { result, error: refusalError(of, result.reason) };
      if (result.kind !== "answer") return { result, error: result.error };
      const refused = result.answer.nodes.find((node) => node.refused !== null);
      const error = refused && refusalError(refused, refused.refused as string);
      return { result, error };
    } catch (error) {
      signal?.throwIfAborted();
      return { error: error as Error };
    }
  }
}
