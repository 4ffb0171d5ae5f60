import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";
import { startTestHub } from "../../support/inform-hub.ts";
import { nodeOf, senderOf, side } from "../../support/inform-sender.ts";
import { bytesIn } from "../../support/ledger-exchange.ts";

const best = typeof zlib.zstdDecompress === "function" ? "zstd" : "gzip";

test("bodies are compressed by the best that there is, or as asked, to a fraction of their size", async () => {
  const node = await nodeOf(300);
  const sizes = new Map<string, number>();
  for (const [encoding, sent] of [
    ["auto", best],
    [best, best],
    ["gzip", "gzip"],
    ["none", undefined],
  ] as const) {
    const hubSide = side();
    await using hub = await startTestHub(hubSide.ledger);
    assert.deepEqual(await senderOf(hub, node, { encoding }).pushOnce(), { kind: "current" });
    const [body, ...others] = hub.bodies();
    assert.deepEqual([body?.headers["content-encoding"], others.length], [sent, 0], encoding);
    assert.deepEqual(await bytesIn(hubSide.store), await bytesIn(node.store));
    sizes.set(encoding, body?.raw.length ?? 0);
  }
  const plain = sizes.get("none") ?? 0;
  for (const encoding of ["auto", best, "gzip"]) assert.ok((sizes.get(encoding) ?? plain) < plain / 4, `${[...sizes]}`);
});
