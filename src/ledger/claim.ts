import { sleep } from "../internal/sleep.ts";
import { assertTimerMs } from "../internal/timer-ms.ts";
import { currentHolder, type Holder, isProvablyDead } from "./holder.ts";
import { LedgerError } from "./ledger-error.ts";
import type { LookForNode } from "./look-for-node.ts";
import { nodeToWrite, recordedElsewhere } from "./node-to-write.ts";
import type { LedgerStore, StoredNode } from "./store.ts";
import { createWriter, type Writer } from "./writer.ts";

/** Options of `Ledger.claim`. */
export interface ClaimOptions {
  /**
   * How often this writer gives a sign of life, in milliseconds: its poll period. A standby takes over after three.
   *
   * @defaultValue 10000
   */
  readonly intervalMs?: number | undefined;
  /**
   * What to do while another writer holds the node: `wait` until it is released or its holder is dead, `fail` with
   * `claimed`, or `take` it over, as a last reading before a core stops does; the other one is fenced off and reads
   * anew.
   *
   * @defaultValue "wait"
   */
  readonly whenHeld?: "wait" | "fail" | "take" | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** How often a standby looks, at most. */
const lookMs = 1000;

/** Wins the right to record a node. */
export async function claimNode(
  store: LedgerStore,
  look: LookForNode,
  node: string,
  options: ClaimOptions,
): Promise<Writer> {
  const { intervalMs = 10_000, whenHeld = "wait", signal } = options;
  assertTimerMs({ intervalMs });
  if (node === "" || !node.isWellFormed()) throw new RangeError("a node's name must be a text that is not empty");
  let seen: { readonly node: StoredNode; readonly atMs: number } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const found = await look(node);
    if (found?.state === "merged") throw recordedElsewhere(node);
    if (found?.holder === undefined || whenHeld === "take" || holderEnded(found, seen)) {
      const won = await take(store, node, whenHeld === "take" ? "whatever" : found, intervalMs);
      if (won !== undefined) return won;
      continue;
    }
    if (whenHeld === "fail")
      throw new LedgerError("claimed", `${node} is recorded by process ${holderOf(found)?.pid ?? "?"} already`, {
        advice: "Stop the other collector, or let this one wait for it.",
      });
    if (seen === undefined || isNewer(found, seen.node)) seen = { node: found, atMs: performance.now() };
    await sleep(Math.min(lookMs, holderOf(found)?.intervalMs ?? lookMs), signal);
  }
}

function holderEnded(
  node: StoredNode,
  seen: { readonly node: StoredNode; readonly atMs: number } | undefined,
): boolean {
  const holder = holderOf(node);
  if (holder === undefined || isProvablyDead(holder)) return true;
  if (seen === undefined || isNewer(node, seen.node)) return false;
  return performance.now() - seen.atMs > 3 * holder.intervalMs;
}

function isNewer(node: StoredNode, before: StoredNode): boolean {
  return node.token !== before.token || node.heartbeat !== before.heartbeat;
}

function holderOf({ holder }: StoredNode): Holder | undefined {
  return holder === undefined ? undefined : (JSON.parse(holder) as Holder);
}

/** Takes the claim unless somebody else, or a sign of life, was faster than what was found. */
async function take(
  store: LedgerStore,
  name: string,
  found: StoredNode | "whatever" | undefined,
  intervalMs: number,
): Promise<Writer | undefined> {
  const token = await store.write(async (tx) => {
    const node = await nodeToWrite(tx, name);
    const changed = found !== "whatever" && (found === undefined || isNewer(node, found));
    if (node.holder !== undefined && changed) return undefined;
    const change = {
      token: node.token + 1,
      holder: JSON.stringify(currentHolder(intervalMs)),
      heartbeat: node.heartbeat + 1,
    };
    await tx.changeNode(node.id, change);
    return change.token;
  });
  return token === undefined ? undefined : createWriter(store, name, { token, wonAtMs: performance.now(), intervalMs });
}
