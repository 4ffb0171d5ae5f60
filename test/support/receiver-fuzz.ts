import assert from "node:assert/strict";
import zlib, { gzipSync } from "node:zlib";
import fc from "fast-check";
import { createKeyRing } from "../../src/inform/keys/key-ring.ts";
import { makeKey, makeSigningSecret } from "../../src/inform/keys/make-key.ts";
import { createInformReceiver } from "../../src/inform/receive/receiver.ts";
import { signatureHeader, signBody } from "../../src/inform/signature.ts";
import { type Ledger, openMemoryLedger } from "../../src/ledger/ledger.ts";
import { allChanges, bodyOf } from "./inform-receiver.ts";
import { readingHere, up } from "./ledger-session.ts";

/** The receiver's clock. */
export const now: Date = new Date();
const past = { notAfter: new Date(now.getTime() - 1000) };
const made = {
  good: makeKey("a", ["usage", "totals"]),
  ofAnother: makeKey("b", ["usage"]),
  expired: makeKey("a", ["usage"], past),
  withoutRight: makeKey("a", ["totals"]),
  unknown: makeKey("a", ["usage"]),
};
const secret = makeSigningSecret("a", ["usage"]).secret;
const unknownSecret = makeSigningSecret("a", ["usage"]).secret;
const expiredSecret = makeSigningSecret("a", ["usage"], past).secret;
const { unknown: _, ...known } = made;
const keys = Object.values(known).map(({ key }) => key);
const ring = createKeyRing([{ keys, secrets: [secret, expiredSecret] }]);

/** The printed key that lets bodies of node `a` in. */
export const goodKey: string = made.good.text;

/** A receiver of its own for each request. */
export interface FuzzedReceiver {
  readonly ledger: Ledger;
  /** Answers, and checks what holds of every answer: it never rejects, and nothing is ever its own fault. */
  answer(request: Request): Promise<{ readonly status: number; readonly body: string }>;
}

export function newReceiver(): FuzzedReceiver {
  const failures: unknown[] = [];
  const ledger = openMemoryLedger();
  const handler = createInformReceiver({
    ...{ ledger, keys: { ring: async () => ring }, now: () => now },
    ...{ maxBodyBytes: 100_000, maxUnpackedBytes: 200_000 },
    ratePerKey: { perSecond: 1e6, burst: 1e6 },
    onEvent: (event) => {
      if (event.kind === "failed") failures.push(event.error);
    },
  });
  return {
    ledger,
    async answer(request) {
      const answer = await handler(request, { remoteAddress: "127.0.0.1" });
      const body = await answer.text();
      assert.deepEqual(failures, []);
      assert.ok(answer.status < 500, `${answer.status}: ${body}`);
      if (answer.status >= 400) {
        const { error } = JSON.parse(body);
        assert.ok(typeof error.code === "string" && typeof error.message === "string", body);
      } else assert.ok(answer.status === 304 ? body === "" : JSON.parse(body) !== undefined);
      for (const { text } of Object.values(made))
        if (!request.url.includes(text)) assert.ok(!body.includes(text.slice(-43)), "no answer shows a key");
      return { status: answer.status, body };
    },
  };
}

/** Everything there is in a ledger: node, source, counter, quarter and bytes; and other things by what they are. */
export async function rowsIn(ledger: Ledger): Promise<readonly string[]> {
  const { nodes } = await allChanges(ledger);
  return nodes
    .flatMap(({ node, counters, usage, entries }) => [
      ...entries.map(({ kind }) => `${node} ${kind}`),
      ...usage.flatMap(({ quarter, counters: indices, bytes }) =>
        indices.map((index, at) => {
          const { source, name, generation } = counters[index] as (typeof counters)[number];
          return JSON.stringify([node, source, name, generation, quarter, `${bytes[at]}`]);
        }),
      ),
    ])
    .sort();
}

const node: Ledger = openMemoryLedger();
await using writer = await node.claim("a");
await writer.record(readingHere(0, { [up("alice")]: 0n, [up("bob")]: 0n }));
await writer.record(readingHere(10, { [up("alice")]: 5n, [up("bob")]: 6n }));
/** A body of each kind that is right in everything. */
export const bodies: { readonly [Route in "inform" | "inform/3x-ui"]: string } = {
  inform: bodyOf(await allChanges(node)),
  "inform/3x-ui": JSON.stringify({
    clientTraffics: [
      { email: "alice", up: 1, down: 2, id: 0, inboundId: 0, enable: false, expiryTime: 0, total: 0, reset: 0 },
      { email: "bob", up: 30, down: 40, lastOnline: 0, uuid: "", subId: "" },
    ],
    inboundTraffics: [
      { IsInbound: true, IsOutbound: false, Tag: "in", Up: 500, Down: 600 },
      { IsInbound: false, IsOutbound: true, Tag: "out", Up: 7000, Down: 8000 },
    ],
  }),
};

/** JSON with some values replaced, taken out, doubled, or put under another name. */
export function bentJson(text: string): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(
      "\ud800",
      "a\0b",
      "9".repeat(30),
      2_500_000,
      2 ** 53,
      -1,
      1e300,
      `${2n ** 63n}`,
      "a",
      "",
      null,
      [],
      {},
    ),
  );
  const act = fc.constantFrom("replace", "replace", "remove", "double", "rename");
  const name = fc.constantFrom("__proto__", "constructor", "", "version", "node", "clientTraffics");
  return fc.array(fc.tuple(act, fc.nat(), value, name), { minLength: 1, maxLength: 3 }).map((acts) => {
    const json: unknown = JSON.parse(text);
    for (const [what, at, to, other] of acts) {
      const places = placesIn(json);
      const [parent, key] = places[at % places.length] ?? [];
      if (parent === undefined || key === undefined) break;
      if (what === "replace") parent[key] = structuredClone(to);
      else if (what === "double" && Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
      else if (what === "rename") {
        // Of a list JSON shows no names; one of "constructor" would only break the list for the acts after it.
        if (Array.isArray(parent)) continue;
        const value = parent[key];
        Object.defineProperty(parent, other, { value, enumerable: true, writable: true, configurable: true });
      } else if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
    }
    return JSON.stringify(json);
  });
}

function placesIn(json: unknown): [parent: Record<string, unknown>, key: string][] {
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([key, child]) => [
    [json as Record<string, unknown>, key] as [Record<string, unknown>, string],
    ...placesIn(child),
  ]);
}

/** Bytes with some of them replaced, cut, or repeated. */
export function tornBytes(text: string): fc.Arbitrary<Uint8Array> {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  return fc.tuple(flips, fc.nat(), fc.constantFrom("whole", "cut", "twice")).map(([each, length, what]) => {
    const bytes = Buffer.from(text);
    for (const [at, byte] of each) bytes[at % bytes.length] = byte;
    if (what === "cut") return bytes.subarray(0, length % bytes.length);
    return what === "twice" ? Buffer.concat([bytes, bytes]) : bytes;
  });
}

/** How a request proves who sends it, and whether that lets it in. */
export const proofs: Readonly<Record<string, (body: Uint8Array) => Proof>> = {
  key: () => ({ headers: { authorization: `Bearer ${goodKey}` }, good: true }),
  "key in small letters": () => ({ headers: { authorization: `bearer  ${goodKey} ` }, good: true }),
  signature: (body) => ({ headers: { [signatureHeader]: signBody(body, secret, now) }, good: true }),
  "late signature": (body) => ({ headers: { [signatureHeader]: signBody(body, secret, ago(299)) }, good: true }),
  none: () => ({ headers: {}, good: false }),
  "stale signature": (body) => ({ headers: { [signatureHeader]: signBody(body, secret, ago(302)) }, good: false }),
  "signature to come": (body) => ({ headers: { [signatureHeader]: signBody(body, secret, ago(-302)) }, good: false }),
  "signature of another body": (body) => ({
    headers: { [signatureHeader]: signBody(Buffer.concat([body, Buffer.from(" ")]), secret, now) },
    good: false,
  }),
  "signature of nobody": (body) => ({
    headers: { [signatureHeader]: signBody(body, unknownSecret, now) },
    good: false,
  }),
  "signature of an expired secret": (body) => ({
    headers: { [signatureHeader]: signBody(body, expiredSecret, now) },
    good: false,
  }),
  "another's id in a signature": (body) => ({
    headers: { [signatureHeader]: signBody(body, { ...unknownSecret, id: secret.id }, now) },
    good: false,
  }),
  "secret as a key": () => ({
    headers: { authorization: `Bearer vstatskey_${secret.id}_${secret.secret}` },
    good: false,
  }),
  "key and a word": () => ({ headers: { authorization: `Bearer ${goodKey} x` }, good: false }),
  "key as another scheme": () => ({ headers: { authorization: `Basic ${goodKey}` }, good: false }),
  "key of another node": () => ({ headers: { authorization: `Bearer ${made.ofAnother.text}` }, good: false }),
  "expired key": () => ({ headers: { authorization: `Bearer ${made.expired.text}` }, good: false }),
  "key without the right": () => ({ headers: { authorization: `Bearer ${made.withoutRight.text}` }, good: false }),
  "unknown key": () => ({ headers: { authorization: `Bearer ${made.unknown.text}` }, good: false }),
};

/** Headers, and whether they let a request in. */
export interface Proof {
  readonly headers: Readonly<Record<string, string>>;
  readonly good: boolean;
}

function ago(seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000);
}

/** How a body is packed, under which name, and whether both fit. */
export const packings: Readonly<Record<string, Packing>> = {
  plain: { pack: (body) => body, encoding: undefined, good: true },
  identity: { pack: (body) => body, encoding: "identity", good: true },
  gzip: { pack: (body) => gzipSync(body), encoding: "gzip", good: true },
  // Node before 22.15 has none.
  ...(zlib.zstdCompressSync && {
    zstd: { pack: (body: Uint8Array) => zlib.zstdCompressSync(body), encoding: "ZSTD", good: true },
  }),
  "gzip as zstd": { pack: (body) => gzipSync(body), encoding: "zstd", good: false },
  "plain as gzip": { pack: (body) => body, encoding: "gzip", good: false },
  "gzip as plain": { pack: (body) => gzipSync(body), encoding: undefined, good: false },
  twice: { pack: (body) => gzipSync(gzipSync(body)), encoding: "gzip, gzip", good: false },
  unknown: { pack: (body) => body, encoding: "br", good: false },
  cut: { pack: (body) => gzipSync(body).subarray(0, -9), encoding: "gzip", good: false },
  bomb: { pack: () => gzipSync(Buffer.alloc(300_000, " ")), encoding: "gzip", good: false },
};

interface Packing {
  readonly pack: (body: Uint8Array) => Uint8Array;
  readonly encoding: string | undefined;
  readonly good: boolean;
}
