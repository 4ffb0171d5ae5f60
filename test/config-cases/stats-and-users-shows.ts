import assert from "node:assert/strict";
import type { ConfigTarget } from "../../src/config/target.ts";
import type { CaseRun } from "../support/case-run.ts";
import type { ClientTraffic } from "../support/case-traffic.ts";
import { aliceId, bobId } from "./stats-and-users-texts.ts";

/** The name of a counter. */
export function counter(scope: "user" | "inbound" | "outbound", subject: string, direction: "up" | "down"): string {
  return `${scope}>>>${subject}>>>traffic>>>${direction}link`;
}

/** Both counters of a subject. */
export function both(scope: "user" | "inbound" | "outbound", subject: string): string[] {
  return [counter(scope, subject, "up"), counter(scope, subject, "down")];
}

/** Alice, of the inbound on port 20001. */
export const alice: ClientTraffic = { user: { protocol: "vmess", port: 20001, id: aliceId } };

/** Bob, of the same inbound. */
export const bob: ClientTraffic = { user: { protocol: "vmess", port: 20001, id: bobId } };

/** The faulty text is refused, by the check and at start, with these words; its twin is not. */
export function refusal(message: RegExp): (faulty: CaseRun, fixed: CaseRun) => Promise<void> {
  return async (faulty, fixed) => {
    for (const end of [await faulty.check(), await faulty.start()]) {
      assert.ok(end !== "listening", "it starts");
      assert.match(end.output, message);
      assert.ok(refusalCodes[faulty.target].includes(end.exitCode ?? -1), `exit code ${end.exitCode}`);
    }
    await passes(fixed);
    assert.equal(await fixed.apiOutcome(), "answers");
  };
}

/** V2Ray 4 panics where the text cannot be decoded. */
const refusalCodes: Readonly<Record<ConfigTarget, readonly number[]>> = {
  v2ray4: [23, 2],
  v2ray5: [1],
  "v2ray5-jsonv5": [1],
  xray: [23],
  "sing-box": [1],
};

/** The check finds nothing, and it starts. */
export async function passes(run: CaseRun, listens?: readonly number[]): Promise<void> {
  const { exitCode, output } = await run.check();
  assert.equal(exitCode, 0, output);
  await run.startsWell(listens);
}

/** Starts it, carries bytes for alice, or for these users, and sees these counters above zero. */
export async function assertCounts(
  run: CaseRun,
  names: readonly string[],
  traffic: readonly ClientTraffic[] = [alice],
): Promise<ReadonlyMap<string, bigint>> {
  await passes(run);
  for (const each of traffic) await run.clientTraffic(each);
  return run.countersWith(names);
}

/** The inbound counts and alice does not; in the twin she does. */
export async function assertNoUsers(faulty: CaseRun, fixed: CaseRun): Promise<void> {
  const counters = await assertCounts(faulty, [counter("inbound", "vmess-in", "up")]);
  for (const name of both("user", "alice")) assert.equal(counters.get(name), undefined);
  await assertCounts(fixed, both("user", "alice"));
}
