// 10 MB through each real core, seen by a watch and by a snapshot with the bytes that were measured with curl.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Delta, parseStatName, StatsClient } from "../../src/index.ts";
import { type Loop, startLoop } from "../support/loop.ts";
import { type CoreKind, coreKinds, realCores } from "../support/real-cores.ts";

const cores = realCores();
const payload = 10_485_760;
const uplink = 87n;
const downlink = 10_485_878n;

interface Bounds {
  readonly up: readonly [least: bigint, most: bigint];
  readonly down: readonly [least: bigint, most: bigint];
}

// What vmess adds to its inbound is random: V2Ray pads each packet, up to 3 %; Xray pads less and misses what leaves
// through a buffered writer. sing-box counts what is inside.
const v2rayBounds: Bounds = { up: [150n, 500n], down: [10_650_000n, 10_900_000n] };
const inboundBounds: Readonly<Record<CoreKind, Bounds>> = {
  v2ray4: v2rayBounds,
  v2ray5: v2rayBounds,
  xray: { up: [150n, 500n], down: [8_000_000n, 10_600_000n] },
  "sing-box": { up: [uplink, uplink], down: [downlink, downlink] },
};

for (const kind of coreKinds) {
  const { missing } = cores[kind];
  if (missing !== undefined) console.log(`skipped ${kind}: ${missing}`);

  test(`${kind}: a 10 MB download, in a watch and in a snapshot`, { skip: missing, timeout: 120_000 }, async () => {
    await using loop = await startLoop(kind);
    await using client = new StatsClient(loop.apiAddress);
    const { items, sums } = await watchDownload(loop, client);

    const user = { scope: "user", subject: "auser", uplink, downlink, total: uplink + downlink };
    const outbound = { ...user, scope: "outbound", subject: "direct" };
    const snapshot = await client.snapshot();
    assert.deepEqual(snapshot.users(), [user]);
    assert.deepEqual(snapshot.outbounds(), [outbound]);
    for (const [name, bytes] of sums) {
      if (!name.startsWith("inbound>>>api-in>>>")) assert.equal(bytes, snapshot.get(name), name);
    }
    assert.equal(sums.get("user>>>auser>>>traffic>>>downlink"), downlink);
    assert.equal(sums.get("user>>>auser>>>traffic>>>uplink"), uplink);
    for (const { state, gaps } of items) assert.deepEqual([state, gaps], ["ok", []]);

    const [inbound] = snapshot.inbounds().filter(({ subject }) => subject === "vmess-in");
    assert.ok(inbound);
    assertWithin(inbound.uplink, inboundBounds[kind].up);
    assertWithin(inbound.downlink, inboundBounds[kind].down);
    for (const { name } of snapshot) assert.equal(parseStatName(name).kind, "traffic");
  });
}

/** Watches from before the download until all its bytes are booked: Xray books some after its end. */
async function watchDownload(
  loop: Loop,
  client: StatsClient,
): Promise<{ items: readonly Delta[]; sums: ReadonlyMap<string, bigint> }> {
  const items: Delta[] = [];
  const sums = new Map<string, bigint>();
  let transfer: Promise<unknown> | undefined;
  let ended = false;
  const deadline = AbortSignal.timeout(60_000);
  for await (const delta of client.watch({ intervalMs: 100, signal: deadline })) {
    // The first item says that the base was read.
    transfer ??= loop.download(payload).then(() => {
      ended = true;
    });
    items.push(delta);
    for (const { name, bytes } of delta.counters()) sums.set(name, (sums.get(name) ?? 0n) + bytes);
    const moved = delta.counters().some(({ name }) => !name.startsWith("inbound>>>api-in>>>"));
    if (ended && !moved && (sums.get("user>>>auser>>>traffic>>>downlink") ?? 0n) >= downlink) break;
  }
  await transfer;
  return { items, sums };
}

function assertWithin(value: bigint, [least, most]: readonly [bigint, bigint]): void {
  assert.ok(value >= least && value <= most, `${value} is not between ${least} and ${most}`);
}
