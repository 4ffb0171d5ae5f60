import { randomUUID } from "node:crypto";
import { isStatsError } from "../errors/stats-error.ts";
import type { CoreKind } from "../snapshot/evidence.ts";
import type { Deadline } from "./deadline.ts";
import type { StatsCalls } from "./stats-calls.ts";

/** What a core can do beyond what all can. */
export interface Capabilities {
  /** It keeps statistics at all: its configuration has `stats`. */
  readonly stats: boolean;
  /** `onlineUsers()`: Xray since 26.1.13. */
  readonly onlineUsers: boolean;
  /** `onlineIps()`: Xray since 25.2.18. */
  readonly onlineIps: boolean;
}

/** What answers at an address. */
export interface Detection {
  /** Which program; `unknown` where the answers fit none. */
  readonly kind: CoreKind;
  /** What it can do. */
  readonly capabilities: Capabilities;
}

/**
 * Finds out which core answers, by reads alone: no core tells its name, but each words "not found" in its own way, and
 * only Xray serves the service of that name.
 *
 * Source: V2Ray 4.34.0 and 5.52.0, Xray 26.3.27, sing-box 1.14.1, each run.
 */
export async function detectCore(calls: StatsCalls, deadline: Deadline): Promise<Detection> {
  // A name no core has, so that nothing is found.
  const nonce = randomUUID();
  const [refusal, onlineIps, stats] = await Promise.all([
    calls.refusalOfGetStats(nonce, deadline),
    isServed(() => calls.getStatsOnlineIpList(nonce, deadline)),
    hasStats(calls, nonce, deadline),
  ]);
  const onlineUsers = onlineIps && (await isServed(() => calls.getAllOnlineUsers(deadline)));
  // Before the list of addresses Xray had their count alone; newer ones say "not found" with a code of its own.
  const isXray = onlineIps || refusal.status === 5 || (await isServed(() => calls.getStatsOnline(nonce, deadline)));
  return { kind: isXray ? "xray" : kindByWording(refusal.message), capabilities: { stats, onlineUsers, onlineIps } };
}

function kindByWording(message: string): CoreKind {
  if (message.includes("v2ray.com/core/app/stats/command: ")) return "v2ray4";
  if (message.includes("app/stats/command: ")) return "v2ray5";
  return message.endsWith("not found.") ? "sing-box" : "unknown";
}

async function isServed(call: () => Promise<unknown>): Promise<boolean> {
  return withoutError(call, "unsupported");
}

async function hasStats(calls: StatsCalls, nonce: string, deadline: Deadline): Promise<boolean> {
  return withoutError(() => calls.queryStats(nonce, deadline), "stats-disabled");
}

async function withoutError(call: () => Promise<unknown>, code: string): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (isStatsError(error) && error.code === code) return false;
    throw error;
  }
}
