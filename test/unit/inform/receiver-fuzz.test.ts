import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createKeyRing } from "../../../src/inform/keys/key-ring.ts";
import { makeKey } from "../../../src/inform/keys/make-key.ts";
import { createInformReceiver } from "../../../src/inform/receive/receiver.ts";
import { signatureHeader } from "../../../src/inform/signature.ts";
import { openMemoryLedger } from "../../../src/ledger/ledger.ts";
import { allChanges, bodyOf } from "../../support/inform-receiver.ts";
import { readingHere, up } from "../../support/ledger-session.ts";

const { text, key } = makeKey("a", ["usage", "corrections", "totals"]);
const keys = { ring: async () => createKeyRing([{ keys: [key], secrets: [] }]) };
const known = new Set([200, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422]);

/** A receiver of its own, and what it said was its own fault. */
function newReceiver() {
  const failures: unknown[] = [];
  const ledger = openMemoryLedger();
  const handler = createInformReceiver({
    ledger,
    keys,
    ratePerKey: { perSecond: 1e6, burst: 1e6 },
    onEvent: (event) => {
      if (event.kind === "failed") failures.push(event.error);
    },
  });
  return { ledger, handler, failures };
}

const node = openMemoryLedger();
await using writer = await node.claim("a");
await writer.record(readingHere(0, { [up("alice")]: 0n, [up("bob")]: 0n }));
await writer.record(readingHere(10, { [up("alice")]: 5n, [up("bob")]: 6n }));
const good = bodyOf(await allChanges(node));
const panel = JSON.stringify({
  clientTraffics: [{ email: "alice", up: 1, down: 2 }],
  inboundTraffics: [{ IsInbound: true, IsOutbound: false, Tag: "in", Up: 1, Down: 2 }],
});

/** JSON with one value somewhere replaced by another. */
const bent = fc.tuple(fc.constantFrom(good, panel), fc.nat(), fc.jsonValue()).map(([body, at, value]) => {
  const places: [Record<string, unknown>, string][] = [];
  const walk = (json: unknown): void => {
    if (typeof json !== "object" || json === null) return;
    for (const [name, child] of Object.entries(json)) {
      places.push([json as Record<string, unknown>, name]);
      walk(child);
    }
  };
  const json: unknown = JSON.parse(body);
  walk(json);
  const [parent, name] = places[at % places.length] as [Record<string, unknown>, string];
  parent[name] = value;
  return Buffer.from(JSON.stringify(json));
});

/** Bytes with some of them replaced. */
const torn = fc
  .tuple(fc.constantFrom(good, panel), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat())
  .map(([body, flips, length]) => {
    const bytes = Buffer.from(body);
    for (const [at, byte] of flips) bytes[at % bytes.length] = byte;
    return length % 3 === 0 ? bytes.subarray(0, length % bytes.length) : bytes;
  });

async function check(request: Request): Promise<void> {
  const { handler, ledger, failures } = newReceiver();
  const answer = await handler(request, { remoteAddress: "127.0.0.1" });
  assert.deepEqual(failures, []);
  assert.ok(known.has(answer.status), `${answer.status}`);
  const body = await answer.text();
  if (answer.status !== 304) JSON.parse(body);
  assert.ok((await ledger.totals()).total >= 0n);
}

test("no body makes the receiver fail", async () => {
  const body = fc.oneof(bent, torn, fc.uint8Array({ maxLength: 200 }));
  const path = fc.constantFrom("inform", "inform/3x-ui");
  const encoding = fc.constantFrom("identity", "identity", "identity", "gzip", "zstd");
  await fc.assert(
    fc.asyncProperty(body, path, encoding, async (bytes, to, encoded) => {
      const headers = {
        authorization: `Bearer ${text}`,
        "content-type": "application/json",
        "content-encoding": encoded,
      };
      await check(new Request(`http://hub/v1/${to}`, { method: "POST", body: Buffer.from(bytes), headers }));
    }),
    { numRuns: 1500 },
  );
});

test("no head makes the receiver fail", async () => {
  const header = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 60 }),
    fc.constantFrom(
      `Bearer ${text}`,
      "Bearer",
      "Bearer x",
      "t=1,k=a,v1=00",
      "gzip, gzip",
      "application/json",
      "-1",
      '"x"',
    ),
  );
  const names = fc.constantFrom(
    "authorization",
    signatureHeader,
    "content-type",
    "content-encoding",
    "content-length",
    "x-forwarded-for",
    "idempotency-key",
    "if-none-match",
  );
  const path = fc.oneof(
    fc.constantFrom(
      "/v1/inform",
      "/v1/held",
      "/v1/totals",
      "/v1/health",
      `/v1/inform/3x-ui/${text}`,
      "/v1/inform/3x-ui/",
    ),
    fc.webPath(),
  );
  const query = fc.array(
    fc.tuple(
      fc.constantFrom("sender", "node", "from", "to", "since", "page", "limit", "key", "generation"),
      fc.string(),
    ),
    { maxLength: 4 },
  );
  const head = fc.record({
    path,
    query,
    method: fc.constantFrom("GET", "POST", "PUT", "HEAD"),
    headers: fc.array(fc.tuple(names, header), { maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(head, fc.boolean(), async ({ path: to, query: asked, method, headers }, keyed) => {
      const url = `http://hub${to}?${new URLSearchParams(asked)}`;
      let request: Request;
      try {
        const all = new Headers(keyed ? { authorization: `Bearer ${text}` } : {});
        for (const [name, value] of headers) all.set(name, value);
        request = new Request(url, { method, headers: all, ...(method === "POST" && { body: good }) });
      } catch {
        return; // no request of the web
      }
      await check(request);
    }),
    { numRuns: 1500 },
  );
});
