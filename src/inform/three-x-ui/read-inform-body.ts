import { createHash } from "node:crypto";
import * as v from "valibot";
import { StatsError } from "../../errors/stats-error.ts";
import { escapeControls } from "../../internal/escape-controls.ts";
import type { UnprovenDelta } from "../../ledger/record-unproven.ts";
import { formatStatName } from "../../names/format-stat-name.ts";
import type { Scope } from "../../names/stat-name.ts";
import { bodySchema, clientSchema, tagSchema } from "./body-schema.ts";

/** An item that cannot be booked. */
export interface RefusedItem {
  /** Where it stands, such as `clientTraffics[3]`. */
  readonly path: string;
  /** Why, one sentence without control characters. */
  readonly reason: string;
}

// A body of 16 MB may be 8 million wrong items.
const longestRefused = 1000;

/** What a 3x-ui body says. */
export interface InformBody {
  /** The versions of 3x-ui that write bodies of this shape, `FIRST to LAST`; undefined where no user stands in it. */
  readonly writtenBy: string | undefined;
  /** How many items are good, those that moved nothing too: panels list every counter each time. */
  readonly accepted: number;
  /** How many items are not. */
  readonly refusedCount: number;
  /** The first 1000 of these, in the body's order. */
  readonly refused: readonly RefusedItem[];
  /** What moved. Each counter at most once. */
  readonly deltas: readonly UnprovenDelta[];
  /** The body does not say when it was taken. */
  readonly takenAt: undefined;
  /** SHA-256 of the body's bytes, hexadecimal: the same again is likely a repeat, as the order in it is random. */
  readonly hash: string;
}

/**
 * Reads the body of 3x-ui's External Traffic Inform, from 2.5.3 to 3.6 and after. Of users and tags it believes name
 * and bytes only: the other members never say anything.
 *
 * @param bytes - The decompressed body.
 * @throws StatsError with code `malformed` where it is no such body as a whole; bad items among good ones are `refused`.
 */
export function readInformBody(bytes: Uint8Array): InformBody {
  const parsed = v.safeParse(bodySchema, parseJson(bytes), { abortEarly: true });
  if (!parsed.success) {
    const path = v.getDotPath(parsed.issues[0]);
    throw malformed(`${path ?? "it"} must be ${parsed.issues[0].message}`);
  }
  const { clientTraffics, inboundTraffics } = parsed.output;
  const seen = new Set<string>();
  const deltas: UnprovenDelta[] = [];
  const refused: RefusedItem[] = [];
  let refusedCount = 0;

  function refuse(path: string, reason: string): void {
    if (++refusedCount <= longestRefused) refused.push({ path, reason });
  }

  function book(path: string, scope: Scope, subject: string, up: number, down: number): void {
    const uplink = formatStatName({ kind: "traffic", scope, subject, direction: "uplink" });
    // Once is right in any case. Twice may be a repeat, and nothing tells.
    if (seen.has(uplink)) {
      refuse(path, `${scope} ${escapeControls(JSON.stringify(subject))} stands before it already`);
      return;
    }
    seen.add(uplink);
    if (up > 0) deltas.push({ name: uplink, bytes: BigInt(up) });
    if (down > 0) {
      const downlink = formatStatName({ kind: "traffic", scope, subject, direction: "downlink" });
      deltas.push({ name: downlink, bytes: BigInt(down) });
    }
  }

  for (const [index, item] of (clientTraffics ?? []).entries()) {
    const path = `clientTraffics[${index}]`;
    const client = v.safeParse(clientSchema, item, { abortEarly: true });
    if (client.success) book(path, "user", client.output.email, client.output.up, client.output.down);
    else refuse(path, reasonOf(client.issues[0]));
  }
  for (const [index, item] of (inboundTraffics ?? []).entries()) {
    const path = `inboundTraffics[${index}]`;
    const tag = v.safeParse(tagSchema, item, { abortEarly: true });
    if (tag.success) book(path, tag.output.scope, tag.output.tag, tag.output.up, tag.output.down);
    else refuse(path, reasonOf(tag.issues[0]));
  }
  return {
    writtenBy: writtenBy(clientTraffics?.[0]),
    accepted: seen.size,
    refusedCount,
    refused,
    deltas,
    takenAt: undefined,
    hash: createHash("sha256").update(bytes).digest("hex"),
  };
}

/** Which releases add which member: Source: 3x-ui, `xray/client_traffic.go`, 2.5.3 to 3.6.0 and main of 2026-08. */
function writtenBy(client: unknown): string | undefined {
  if (typeof client !== "object" || client === null) return undefined;
  if ("resetDay" in client) return "after 3.6.0";
  if ("allTime" in client) return "2.6.7 to 3.0.2";
  return "lastOnline" in client ? "3.0.3 to 3.6.0" : "2.5.3 to 2.6.6";
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw malformed("it must be JSON in UTF-8"); // without the cause: its message shows the text
  }
}

function reasonOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  return `${path ?? "it"} must be ${issue.message}`;
}

function malformed(why: string): StatsError {
  return new StatsError("malformed", `not a body of 3x-ui's External Traffic Inform: ${why}`, {
    advice: "Is this address the panel's External Traffic Inform URI, and of no other sender?",
  });
}
