import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { signatureHeader } from "../../../src/inform/signature.ts";
import { bodies, goodKey, newReceiver, rowsIn } from "../../support/receiver-fuzz.ts";

const known = new Set([200, 304, 400, 401, 403, 404, 405, 413, 415, 422]);
const words = fc.constantFrom(
  ...[`Bearer ${goodKey}`, goodKey, "Bearer", "Bearer x", "t=1,k=a,v1=00", `t=1,k=a,v1=${"0".repeat(64)}`],
  ...["gzip, gzip", "gzip", "application/json", "-1", "0", "1e9", '"x"', "127.0.0.1, junk", "", "*"],
);
const text = fc.oneof(fc.string({ unit: "binary-ascii", maxLength: 60 }), words);
const header = fc.constantFrom(
  ...["authorization", signatureHeader, "content-type", "content-encoding", "content-length", "x-forwarded-for"],
  ...["idempotency-key", "if-none-match", "transfer-encoding", "host", "x-anything"],
);
const path = fc.oneof(
  fc.constantFrom(
    ...["/v1/inform", "/v1/inform/", "/v1/inform/x", "/v1/held", "/v1/totals", "/v1/health", "/v1/inform/3x-ui"],
    ...[`/v1/inform/3x-ui/${goodKey}`, "/v1/inform/3x-ui/", "/v1/inform/3x-ui/%", "/v1/inform/3x-ui/%00", "/v1"],
    ...["//v1/inform", "/v1/../v1/inform", "/v1/inform/3x-ui/a/b", "/V1/INFORM", "/v1/health/x"],
  ),
  fc.webPath(),
);
const names = fc.constantFrom("sender", "node", "from", "to", "since", "page", "limit", "key", "generation", "x");
const query = fc.array(fc.tuple(names, fc.oneof(fc.string(), words, fc.constantFrom("a", "b", "2026-01-01", "1"))), {
  maxLength: 4,
});
const head = fc.record({
  path,
  query,
  method: fc.constantFrom("GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"),
  headers: fc.array(fc.tuple(header, text), { maxLength: 5 }),
  body: fc.constantFrom(...Object.values(bodies)),
});

test("no path, query or header makes the receiver fail, and without a key in it nothing is booked or told", async () => {
  let requests = 0;
  let told = 0;
  await fc.assert(
    fc.asyncProperty(head, fc.boolean(), async ({ path: to, query: asked, method, headers, body }, keyed) => {
      let request: Request;
      try {
        const all = new Headers(
          keyed ? { authorization: `Bearer ${goodKey}`, "content-type": "application/json" } : {},
        );
        for (const [name, value] of headers) all.set(name, value);
        const bodied = method === "POST" || method === "PUT";
        request = new Request(`http://hub${to}?${new URLSearchParams(asked)}`, {
          ...{ method, headers: all },
          ...(bodied && { body }),
        });
      } catch {
        return; // no request of the web
      }
      requests++;
      const hasKey = `${request.url}${request.headers.get("authorization")}`.includes(goodKey);
      const isHealth = request.url.includes("/v1/health");
      const receiver = newReceiver();
      const { status } = await receiver.answer(request);
      assert.ok(known.has(status), `${status}`);
      if (status < 400) told++;
      if (!hasKey && !isHealth) assert.ok(status >= 400, `${status}`);
      const rows = await rowsIn(receiver.ledger);
      if (!hasKey || method !== "POST" || status !== 200) assert.deepEqual(rows, []);
    }),
    { numRuns: 2000 },
  );
  assert.ok(requests > 1000 && told > 10, `${requests} requests, ${told} were answered`);
});

test("cursors and pages that are bent are refused or are begun anew, and never make totals fail", async () => {
  const { ledger, answer } = newReceiver();
  const headers = { authorization: `Bearer ${goodKey}` };
  const ask = (asked: Record<string, string>): ReturnType<typeof answer> =>
    answer(new Request(`http://hub/v1/totals?${new URLSearchParams(asked)}`, { headers }));
  const post = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: bodies.inform };
  await answer(new Request("http://hub/v1/inform", post));
  const { cursor } = JSON.parse((await ask({})).body);
  const { next } = JSON.parse((await ask({ limit: "1" })).body);
  const before = await rowsIn(ledger);
  const flips = fc.array(fc.tuple(fc.nat(), fc.constantFrom(..."abzAZ09-_=%+/ \0é")), { maxLength: 4 });
  const bent = fc.tuple(fc.constantFrom<string>(cursor, next), flips, fc.nat()).map(([good, each, length]) => {
    const letters = [...good];
    for (const [at, letter] of each) letters[at % letters.length] = letter;
    return letters.slice(0, length % 3 === 0 ? length % letters.length : undefined).join("");
  });
  const all = { alice: "5", bob: "6" };
  await fc.assert(
    fc.asyncProperty(bent, fc.constantFrom("since", "page"), async (value, name) => {
      const { status, body } = await ask({ [name]: value });
      assert.ok(status === 200 || status === 400, `${status}`);
      if (status === 400) return;
      const { totals, full } = JSON.parse(body);
      const given = Object.fromEntries(totals.map(({ user, total }: { user: string; total: string }) => [user, total]));
      for (const [user, total] of Object.entries(given)) assert.equal(total, all[user as keyof typeof all]);
      if (name === "since" && full) assert.deepEqual(given, all);
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(await rowsIn(ledger), before);
});
